using System.Text.Json;
using Dispatcher.Actors.Tests.Steps.Handlers;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Providers;
using Dispatcher.Steps.Providers.Http;

namespace Dispatcher.Actors.Tests.Steps.Providers;

/// <summary>Outputs are fetched from where they may be, wherever a provider's server sends us.</summary>
public sealed class OutputDownloadTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ArtifactFolder _folder;

    public OutputDownloadTests() =>
        _folder = new LocalArtifactStore(_directory.Path, "test", new IdGenerator(TimeProvider.System)).FolderOf("acme", JobId.Parse("01890000-0000-7000-8000-000000000001"));

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Fetch_FollowsARedirect_WithinTheProvidersAddress()
    {
        await using var server = new TestHttpServer(request => request.Line.StartsWith("GET /a ", StringComparison.Ordinal)
            ? TestHttpServer.Response(302, "", "Location: /b")
            : TestHttpServer.Response(200, "moving pictures"));

        var file = await Fetch(server);

        Assert.Equal(("clips/one.mp4", 15), (file.Path, file.Bytes));
        Assert.DoesNotContain(server.Requests, request => request.Headers.ContainsKey("Authorization"));
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data", "neither the provider's nor in dispatcher.provider.output-hosts")]
    [InlineData("http://10.0.0.7/", "neither the provider's nor in dispatcher.provider.output-hosts")]
    [InlineData("file:///etc/passwd", "is not http or https")]
    [InlineData("/a", "more than 5 redirects")]
    public async Task Fetch_RefusesARedirect_ToWhereNoOutputMayBe(string location, string expected)
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(307, "", $"Location: {location}"));
        await AssertRefused(() => Fetch(server), expected);
    }

    /// <summary>Its name is listed, and its address is one of ours.</summary>
    [Fact]
    public async Task Fetch_RefusesARedirect_ToAListedHostWithAPrivateAddress()
    {
        await using var inside = new TestHttpServer(_ => TestHttpServer.Response(200, "secret"));
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(302, "", $"Location: http://localhost:{inside.Port}/x"));

        await AssertRefused(() => Fetch(server, options => options with { OutputHosts = [$"localhost:{inside.Port}"] }), "is not on the public internet");
        Assert.Empty(inside.Requests);
        var allowed = await Fetch(server, options => options with { OutputHosts = [$"localhost:{inside.Port}"], AllowPrivateAddresses = true });
        Assert.Equal(6, allowed.Bytes);
    }

    /// <summary>The clip is paid for, and there: the next attempt may fetch it.</summary>
    [Fact]
    public async Task Fetch_MayBeTriedAgain_WhenItTookTooLong()
    {
        await using var server = new TestHttpServer(_ => null);
        var failure = await Fails(() => Fetch(server, options => options with { OutputTimeout = TimeSpan.FromMilliseconds(50) }));
        Assert.Equal((ErrorClass.Transient, ProviderFailure.BadOutput), (failure.Class, failure.Code));
    }

    private async Task AssertRefused(Func<Task<ArtifactReference>> fetch, string expected)
    {
        var failure = await Fails(fetch);
        Assert.Equal((ErrorClass.Permanent, ProviderFailure.BadOutput), (failure.Class, failure.Code));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.False(_folder.Exists("clips/one.mp4"));
    }

    private static async Task<Failure> Fails(Func<Task<ArtifactReference>> fetch) => (await Assert.ThrowsAsync<StepFailedException>(fetch)).Failure;

    private async Task<ArtifactReference> Fetch(TestHttpServer server, Func<HttpProviderOptions, HttpProviderOptions>? change = null)
    {
        var options = new HttpProviderOptions { Url = new Uri($"http://127.0.0.1:{server.Port}/"), Token = "secret", ConnectTimeout = TimeSpan.FromSeconds(60) };
        using var provider = new HttpPredictionProvider(change?.Invoke(options) ?? options, TimeProvider.System);
        var done = new Prediction("p", PredictionStatus.Succeeded) { Output = JsonSerializer.SerializeToElement($"http://127.0.0.1:{server.Port}/a") };
        return await provider.Fetch(done, new ProviderOrder(null, default, new Dictionary<string, string>(), "clips/one.mp4"), _folder, CancellationToken.None);
    }
}
