using Dispatcher.Steps.Artifacts;

namespace Dispatcher.Actors.Tests.Steps.Artifacts;

public sealed class ArtifactPathTests
{
    public static TheoryData<string, string> Refused => new()
    {
        { "", "empty" },
        { "/etc/passwd", "relative" },
        { "..", "'..'" },
        { "a/../b", "'..'" },
        { "../b", "'..'" },
        { "a/.", "'.'" },
        { "./a", "'.'" },
        { "a//b", "empty segment" },
        { "a/", "empty segment" },
        { "~/a", "'~'" },
        { "~root", "'~'" },
        { "a\\b", "forward slashes" },
        { "C:\\a", "forward slashes" },
        { "a\0b", "control" },
        { "a\nb", "control" },
        { "a\u007fb", "control" },
        { "a\u0085b", "control" },
        { ".dispatcher-tmp-1.mp3", "reserved" },
        { ".dispatcher-tmp-x/a.mp3", "reserved" },
        { new string('a', 256), "255 bytes" },
        { new string('ü', 128), "255 bytes" },
        { string.Join('/', Enumerable.Repeat(new string('a', 250), 5)), "1024" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Checked_RefusesThePath_WhenItBreaksARule(string path, string reason)
    {
        var thrown = Assert.Throws<ArtifactPathException>(() => ArtifactPath.Checked(path));

        Assert.Contains(reason, thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(thrown.Message, char.IsControl);
    }

    /// <summary>Not a row above: xunit carries rows as UTF-8, which repairs the fault that is tested.</summary>
    [Fact]
    public void Checked_RefusesThePath_WhenItIsNotValidUnicode()
    {
        var thrown = Assert.Throws<ArtifactPathException>(() => ArtifactPath.Checked("a\ud800b"));

        Assert.Contains("Unicode", thrown.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string> Allowed => new()
    {
        "a", "audio/talk.wav", "a b/ü ß.mp4", "…/日本語.srt", ".hidden", "...", "a..b", "-x", "a~", "a/~b", "%2e%2e/x", new string('a', 255), new string('ü', 127),
        "🎬.mp4",
    };

    [Theory]
    [MemberData(nameof(Allowed))]
    public void Checked_ReturnsThePath_WhenItIsAllowed(string path) => Assert.Equal(path, ArtifactPath.Checked(path));

    [Theory]
    [InlineData("a")]
    [InlineData("a-b_c9")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public void CheckedTenant_ReturnsTheName_WhenItIsAllowed(string tenant) => Assert.Equal(tenant, ArtifactPath.CheckedTenant(tenant));

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\n")]
    [InlineData("ü")]
    [InlineData("01234567890123456789012345678901234567890123456789012345678901234")]
    public void CheckedTenant_Refuses_WhenTheNameIsNotAllowed(string tenant) =>
        Assert.Throws<ArtifactPathException>(() => ArtifactPath.CheckedTenant(tenant));

    [Theory]
    [InlineData("production")]
    [InlineData("Dev")]
    [InlineData("")]
    public void CheckedEnvironment_Refuses_WhenItIsUnknown(string environment) =>
        Assert.Throws<ArtifactPathException>(() => ArtifactPath.CheckedEnvironment(environment));
}
