using Dispatcher.Host.Configuration.Hocon;
using Microsoft.Extensions.Configuration;

namespace Dispatcher.Host.Tests;

public sealed class HoconConfigurationTests : IDisposable
{
    private readonly HoconTestDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Provider_FlattensTheTree_WhenAFileIsAdded()
    {
        var path = _files.Write("app.conf", "a { b = 5 s, c = [x, { d = 1.50 }], none = null, empty = [], hollow {} }\nflag = on");
        var configuration = new ConfigurationBuilder().AddHoconFile(path).Build();
        Assert.Equal("5 s", configuration["a:b"]);
        Assert.Equal("x", configuration["a:c:0"]);
        Assert.Equal("1.50", configuration["A:C:1:D"]);
        Assert.Equal("", configuration["a:empty"]);
        Assert.Null(configuration["a:none"]);
        Assert.Null(configuration["a:hollow"]);
        Assert.Equal("on", configuration["flag"]);
    }

    [Fact]
    public void Provider_IsEmpty_WhenAnOptionalFileIsMissing() =>
        Assert.Empty(new ConfigurationBuilder().AddHoconFile(Path.Combine(_files.Root, "none.conf"), optional: true).Build().AsEnumerable());

    [Fact]
    public void Provider_Fails_WhenARequiredFileIsMissing() =>
        Assert.Throws<HoconException>(() => new ConfigurationBuilder().AddHoconFile(Path.Combine(_files.Root, "none.conf")).Build());

    [Theory]
    [InlineData("a = 1, A = 2", "'a' and 'A' differ only in case")]
    [InlineData("s { x.y = 1, X.z = 2 }", "'x' and 'X' differ only in case")]
    [InlineData("a { b = 1 }, \"a:b\" = 2", "set twice")]
    [InlineData("[1]", "is a list")]
    public void Provider_Fails_WhenTheTreeDoesNotFitConfiguration(string text, string part)
    {
        var path = _files.Write("app.conf", text);
        var fault = Assert.Throws<HoconException>(() => new ConfigurationBuilder().AddHoconFile(path).Build());
        Assert.Contains(part, fault.Message, StringComparison.Ordinal);
    }
}
