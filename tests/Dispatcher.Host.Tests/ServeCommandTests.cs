using System.Net;
using System.Text.Json;

namespace Dispatcher.Host.Tests;

/// <summary><c>dispatcher serve</c>: how it starts, refuses to start, and ends.</summary>
public sealed class ServeCommandTests : IDisposable
{
    private readonly CommandRun _run = new();

    private string ServerFile => Path.Combine(_run.Data, "server.json");

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Serve_AnnouncesItselfToItsOwnerOnly_WhileItRuns()
    {
        await using (var serve = await ServeRun.Start(_run))
        {
            var announced = JsonElement.Parse(await File.ReadAllTextAsync(ServerFile));
            Assert.Equal(serve.Address, new Uri(announced.GetProperty("url").GetString()!));
            Assert.Equal(Environment.ProcessId, announced.GetProperty("pid").GetInt32());
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(ServerFile));
            using var client = serve.Client();
            using var answer = await client.GetAsync("/health/live");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.False(answer.Headers.Contains("Server"));
            using var ready = await client.GetAsync("/nothing/here");
            Assert.Equal("application/problem+json", ready.Content.Headers.ContentType!.MediaType);
            serve.Terminate();
            Assert.Equal(0, await serve.Ended);
        }

        Assert.False(File.Exists(ServerFile));
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://my-host:0")]
    [InlineData("http://127.0.0.1:0;http://0.0.0.0:0")]
    public async Task Serve_RefusesOtherMachines_WhileThereAreNoKeys(string urls)
    {
        var output = await _run.OnData("serve", "--urls", urls);
        Assert.Equal(2, output.ExitCode);
        Assert.Contains("dispatcher key create", output.Error, StringComparison.Ordinal);
        Assert.Single(output.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Serve_ListensToOtherMachines_WhenThereIsAKey()
    {
        Assert.Equal(0, (await _run.OnData("key", "create", "--role", "admin")).ExitCode);
        await using var serve = await ServeRun.Start(_run, "http://0.0.0.0:0");
        var announced = JsonElement.Parse(await File.ReadAllTextAsync(ServerFile)).GetProperty("url").GetString();
        Assert.Equal($"http://127.0.0.1:{serve.Address.Port}", announced);
        // Keyed, it does not mind how it is called.
        using var client = new HttpClient { BaseAddress = new Uri(announced!) };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/keys") { Headers = { Host = "jobs.example.org" } };
        using var answer = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task Serve_SaysOneSentence_WhenItsPortIsTaken_AndLeavesNothing()
    {
        await using var first = await ServeRun.Start(_run);
        using var other = new CommandRun();
        var output = await other.OnData("serve", "--urls", first.Address.GetLeftPart(UriPartial.Authority));
        Assert.Equal(1, output.ExitCode);
        Assert.Contains("address already in use", output.Error, StringComparison.Ordinal);
        Assert.Contains("--urls", output.Error, StringComparison.Ordinal);
        Assert.Single(output.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.False(File.Exists(Path.Combine(other.Data, "server.json")));
    }

    [Fact]
    public async Task Serve_SaysOneSentence_WhenItsDataDirectoryIsTaken()
    {
        await using var first = await ServeRun.Start(_run);
        var output = await _run.OnData("serve", "--urls", "http://127.0.0.1:0");
        Assert.Equal(1, output.ExitCode);
        Assert.Contains("in use by the process", output.Error, StringComparison.Ordinal);
        Assert.Single(output.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.True(File.Exists(ServerFile));
    }

    [Fact]
    public async Task Serve_SaysOneSentence_WhenItsDataDirectoryCannotBeMade()
    {
        var output = await _run.Run("serve", "--data", Path.Combine(_run.Data, "deep", "down"));
        Assert.Equal(1, output.ExitCode);
        Assert.Contains("cannot be made: there is no directory", output.Error, StringComparison.Ordinal);
        Assert.Single(output.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("dispatcher.web.urls = [\"ftp://x\"]", "dispatcher.web.urls holds 'ftp://x'")]
    [InlineData("dispatcher.web.urls = []", "names no address")]
    [InlineData("dispatcher.web.allowed-origins = [\"https://a.example/path\"]", "is no origin")]
    [InlineData("dispatcher.web.jwt.issuer = \"https://login.example\"", "audience must be too")]
    [InlineData("dispatcher.web.jwt { issuer = \"https://login.example\", audience = a }", "keys-file or keys-url")]
    [InlineData("dispatcher.web.jwt { issuer = \"https://login.example\", audience = a, keys-url = \"http://login.example/keys\" }", "must be https")]
    [InlineData("dispatcher.web.certificate-file = cert.pem", "certificate-key-file")]
    [InlineData("dispatcher.web.body-limit = 1", "dispatcher.web.body-limit")]
    public async Task Serve_NamesTheSetting_WhenItIsWrong(string text, string part)
    {
        var output = await _run.OnData("serve", "--config", _run.Write("bad.conf", text));
        Assert.Equal(2, output.ExitCode);
        Assert.Contains(part, output.Error, StringComparison.Ordinal);
        Assert.Contains("bad.conf:1", output.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense", "is no address")]
    [InlineData("https://127.0.0.1:0", "needs a certificate")]
    public async Task Serve_SaysWhatIsWrong_WhenAnAddressIs(string urls, string part)
    {
        var output = await _run.OnData("serve", "--urls", urls);
        Assert.Equal(2, output.ExitCode);
        Assert.Contains(part, output.Error, StringComparison.Ordinal);
    }
}
