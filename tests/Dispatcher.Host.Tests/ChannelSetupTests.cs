using Dispatcher.Host.Commands;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Configuration;
using Dispatcher.Steps.Handlers.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Host.Tests;

/// <summary>The channels of the service, from its settings.</summary>
public sealed class ChannelSetupTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dispatcher-channels-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Bindings_AreReadFromTheFile()
    {
        var bindings = ChannelSetup.Bindings(
            """[{"tenant":"acme","user":"ann","channel":"line","address":"U1"},{"tenant":"acme","user":"bob","channel":"line","address":"U2","push_enabled":false,"bot_blocked":true}]""", "b.json");

        Assert.Equal(new ChannelBinding("U1"), bindings.Single(binding => binding.Key == ("acme", "ann", "line")).Value);
        Assert.Equal(new ChannelBinding("U2") { PushEnabled = false, BotBlocked = true }, bindings.Single(binding => binding.Key == ("acme", "bob", "line")).Value);
    }

    [Theory]
    [InlineData("{}", "b.json is no list")]
    [InlineData("nonsense", "b.json is not JSON")]
    [InlineData("[7]", "entry 0 is no object")]
    [InlineData("""[{"tenant":"acme","user":"ann","channel":"line"}]""", "entry 0: address must be a text")]
    [InlineData("""[{"tenant":"","user":"ann","channel":"line","address":"U"}]""", "entry 0: tenant must be a text")]
    [InlineData("""[{"tenant":"a","user":"ann","channel":"line","address":"U","push_enabled":"no"}]""", "entry 0: push_enabled must be true or false")]
    [InlineData("""[{"tenant":"a","user":"u","channel":"c","address":"1"},{"tenant":"a","user":"u","channel":"c","address":"2"}]""", "binds the user u of a twice")]
    public void Bindings_SayWhatIsWrong(string json, string message) =>
        Assert.Contains(message, Assert.Throws<CommandException>(() => ChannelSetup.Bindings(json, "b.json")).Message, StringComparison.Ordinal);

    [Fact]
    public void Add_OffersTheHandler_AndLineOnlyWhenItIsSet()
    {
        File.WriteAllText(Path.Combine(_directory.FullName, "token"), "a-token\n");

        Assert.Equal(["web", "webhook"], Names(new ChannelSettings()));
        Assert.Equal(["web", "webhook", "line"], Names(new ChannelSettings { LineUrl = "http://127.0.0.1:1/", LineTokenFile = "token" }));
    }

    [Theory]
    [InlineData("http://line.example.org/", "token", "must be an https URL")]
    [InlineData("nonsense", "token", "must be an https URL")]
    [InlineData("https://line.example.org/", "", "line-token-file is not")]
    [InlineData("https://line.example.org/", "missing", "dispatcher.channels.line-token-file:")]
    [InlineData("https://line.example.org/", "empty", "holds no token")]
    public void Add_SaysWhatIsWrongWithLine(string url, string file, string message)
    {
        File.WriteAllText(Path.Combine(_directory.FullName, "token"), "a-token");
        File.WriteAllText(Path.Combine(_directory.FullName, "empty"), " ");

        var fault = Assert.Throws<CommandException>(() => Names(new ChannelSettings { LineUrl = url, LineTokenFile = file }));

        Assert.Equal(ExitCode.Usage, fault.ExitCode);
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
    }

    private IReadOnlyList<string> Names(ChannelSettings settings)
    {
        var services = new ServiceCollection().AddSingleton(TimeProvider.System);
        ChannelSetup.Add(services, settings, _directory.FullName);
        using var provider = services.BuildServiceProvider();
        return [.. provider.GetServices<IChannel>().Select(channel => channel.Name)];
    }
}
