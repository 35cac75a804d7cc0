namespace Dispatcher.Host.Tests;

/// <summary><c>dispatcher pattern</c>, against a real server.</summary>
public sealed class PatternCommandTests : IAsyncLifetime
{
    internal const string Greeting =
        """
        {"workflow":"three","description":"says hello","params":{"type":"object","required":["who"],"properties":{"who":{"type":"string"}}},"input":{"name":"${params.who}"},"labels":{"who":"${params.who}"}}
        """;

    private ServedDirectory _served = null!;

    private CommandRun Client => _served.Client;

    public async Task InitializeAsync()
    {
        _served = await ServedDirectory.Start();
        Assert.Equal(0, (await Client.Run("workflow", "register", Client.Write("three.yaml", Samples.Three))).ExitCode);
        var registered = await Client.Run("pattern", "register", "greeting@1", Client.Write("greeting.json", Greeting));
        Assert.True(registered.ExitCode == 0, registered.Error);
        Assert.Equal("greeting version 1 is registered.", registered.Lines[0]);
    }

    public async Task DisposeAsync() => await _served.DisposeAsync();

    [Fact]
    public async Task APattern_IsListed_AndShown()
    {
        Assert.Equal(["greeting@1"], (await Client.Run("pattern", "list", "-o", "ids")).Lines);
        Assert.Matches("^greeting +1 +three +says hello", (await Client.Run("pattern", "list")).Lines[1]);
        Assert.Equal("three", (await Client.Run("pattern", "show", "greeting@1")).Json.GetProperty("workflow").GetString());
    }

    [Fact]
    public async Task AText_ThatOthersWrote_NeitherBreaksTheTable_NorCommandsTheTerminal()
    {
        Client.Write("odd.json", """{"workflow":"three","description":"two\nlines\u001b[2J"}""");
        Assert.Equal(0, (await Client.Run("pattern", "register", "odd@1", "odd.json")).ExitCode);

        var table = await Client.Run("pattern", "list");

        Assert.Equal(3, table.Lines.Count);
        Assert.EndsWith("two lines [2J", table.Lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task AJob_IsMadeOfAPattern_OncePerKey_AndWatched()
    {
        var made = await Client.Run("pattern", "use", "greeting", "--input", "who=world", "--idempotency-key", "k", "--watch");
        Assert.True(made.ExitCode == 0, made.Error);
        var job = (await Client.Run("job", "show", made.Lines[0], "-o", "json")).Json;
        Assert.Equal(("completed", "world", "greeting"), (job.GetProperty("status").GetString(), Label("who"), Label("pattern")));

        Assert.Equal(made.Lines[0], (await Client.Run("pattern", "use", "greeting@1", "--input-file", Client.Write("params.json", """{"who":"world"}"""), "--idempotency-key", "k")).Lines[0]);

        string? Label(string name) => job.GetProperty("labels").GetProperty(name).GetString();
    }

    [Theory]
    [InlineData(2, "Name the version too: greeting@1", "show", "greeting")]
    [InlineData(2, "cannot be read", "register", "other@1", "missing.json")]
    [InlineData(2, "must be one JSON object", "register", "other@1", "list.json")]
    [InlineData(2, "who", "use", "greeting")]
    [InlineData(4, "nobody", "use", "nobody")]
    [InlineData(4, "greeting", "show", "greeting@7")]
    public async Task Nonsense_IsTold(int exitCode, string text, params string[] command)
    {
        Client.Write("list.json", "[]");

        var refused = await Client.Run(["pattern", .. command]);

        Assert.Equal(exitCode, refused.ExitCode);
        Assert.Contains(text, refused.Error, StringComparison.Ordinal);
    }
}
