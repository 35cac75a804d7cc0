using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Providers;
using Dispatcher.Steps.Providers.Http;
using Dispatcher.Web.Tests.Support;
using Provider;

namespace Dispatcher.Web.Tests.Providers;

/// <summary>The protocol over real HTTP, against the sample's provider: orders, bills, faults, files and outputs.</summary>
public sealed class HttpPredictionProviderTests : IAsyncLifetime
{
    private static readonly JobId Job = JobId.Parse("01890000-0000-7000-8000-000000000001");

    private readonly TemporaryDirectory _directory = new();
    private ProviderService _service = null!;
    private ArtifactFolder _folder = null!;

    public async Task InitializeAsync()
    {
        _service = await ProviderService.Start(new ProviderSettings { DataDirectory = Path.Combine(_directory.Path, "provider"), WithFfmpeg = false });
        _folder = new LocalArtifactStore(Path.Combine(_directory.Path, "artifacts"), "test", new IdGenerator(TimeProvider.System)).FolderOf("acme", Job);
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Start_IsBilledOnce_ForOneKey()
    {
        using var provider = Provider();

        var first = await provider.Start(Order(), "acme", "job/step/1");
        var again = await provider.Start(Order(), "acme", "job/step/1");
        var other = await provider.Start(Order(), "acme", "job/step/2");

        Assert.Equal(first.Id, again.Id);
        Assert.NotEqual(first.Id, other.Id);
        Assert.Equal(2, _service.Bill.Count);
        Assert.Equal(["job/step/1", "job/step/2"], _service.Bill.Select(item => item.Key));
    }

    [Fact]
    public async Task Start_ThatIsTakenAndNotAnswered_IsTransient_AndBilledOnce()
    {
        using var provider = Provider();
        _service.Set(new Fault { Drop = true, Times = 1 });

        var failure = await Fails(() => provider.Start(Order(), "acme", "k"));
        var again = await provider.Start(Order(), "acme", "k");

        Assert.Equal((ErrorClass.Transient, ProviderFailure.Unreachable), (failure.Class, failure.Code));
        Assert.Equal(again.Id, Assert.Single(_service.Bill).Id);
    }

    [Theory]
    [InlineData(429, 7, ErrorClass.Transient)]
    [InlineData(503, 0, ErrorClass.Transient)]
    [InlineData(422, 0, ErrorClass.Permanent)]
    [InlineData(401, 9, ErrorClass.Permanent)]
    public async Task Start_FailsByTheStatus_AndWaitsAsLongAsItSays(int status, int retryAfter, ErrorClass @class)
    {
        using var provider = Provider();
        _service.Set(new Fault { Refuse = status, RetryAfter = retryAfter });

        var failure = await Fails(() => provider.Start(Order(), "acme", "k"));

        Assert.Equal((@class, $"PROVIDER_HTTP_{status}"), (failure.Class, failure.Code));
        Assert.Equal(@class == ErrorClass.Transient && retryAfter > 0 ? retryAfter * 1000L : null, failure.RetryAfterMs);
        Assert.Empty(_service.Bill);
    }

    [Fact]
    public async Task Look_IsTransient_WhenTheProviderIsSlowerThanItMay()
    {
        using var provider = Provider(options => options with { RequestTimeout = TimeSpan.FromMilliseconds(50) });
        _service.Set(new Fault { SlowMs = 60_000 });
        Assert.Equal((ErrorClass.Transient, ProviderFailure.Unreachable), await ClassAndCode(() => provider.Look("p", CancellationToken.None)));
    }

    [Fact]
    public async Task Look_FailsForGood_ForAnIdThatIsNotKnown()
    {
        using var provider = Provider();
        Assert.Equal((ErrorClass.Permanent, "PROVIDER_HTTP_404"), await ClassAndCode(() => provider.Look("nobody", CancellationToken.None)));
    }

    [Fact]
    public async Task Cancel_CallsAnOrderOff()
    {
        using var provider = Provider();
        _service.Set(new Fault { Stall = true });
        var started = await provider.Start(Order(), "acme", "k");
        await provider.Cancel(started.Id, CancellationToken.None);
        Assert.Equal(PredictionStatus.Canceled, (await provider.Look(started.Id, CancellationToken.None)).Status);
    }

    [Fact]
    public async Task Fetch_BringsTheOutput_AsACommittedFile()
    {
        using var provider = Provider();
        var done = await Done(provider);

        var file = await provider.Fetch(done, Order(), _folder, CancellationToken.None);

        Assert.Equal(("clips/one.mp4", 16), (file.Path, file.Bytes));
        Assert.Equal("clip of a house\n", await File.ReadAllTextAsync(_folder.PathOf("clips/one.mp4")));
    }

    [Fact]
    public async Task Fetch_RefusesAnOutput_ThatIsLargerThanItMay()
    {
        using var provider = Provider(options => options with { OutputLimitBytes = 10 });
        var done = await Done(provider);
        Assert.Equal((ErrorClass.Permanent, ProviderFailure.BadOutput), await ClassAndCode(() => provider.Fetch(done, Order(), _folder, CancellationToken.None)));
        Assert.False(_folder.Exists("clips/one.mp4"));
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data", "neither the provider's nor in dispatcher.provider.output-hosts")]
    [InlineData("http://localhost.evil.test/x", "neither the provider's nor in dispatcher.provider.output-hosts")]
    [InlineData("ftp://a.test/x", "no http URL")]
    [InlineData("/etc/passwd", "no http URL")]
    public async Task Fetch_GoesNowhereElse(string url, string expected)
    {
        using var provider = Provider();
        var failure = await Fails(() => provider.Fetch(new Dispatcher.Steps.Providers.Prediction("p", PredictionStatus.Succeeded) { Output = JsonSerializer.SerializeToElement(url) }, Order(), _folder, CancellationToken.None));
        Assert.Equal((ErrorClass.Permanent, ProviderFailure.BadOutput), (failure.Class, failure.Code));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetch_LooksAtTheAddress_OfAHostThatIsListed()
    {
        using var provider = Provider(options => options with { OutputHosts = ["127.0.0.2:9"] });
        var failure = await Fails(() => provider.Fetch(new Dispatcher.Steps.Providers.Prediction("p", PredictionStatus.Succeeded) { Output = JsonSerializer.SerializeToElement("http://127.0.0.2:9/x") }, Order(), _folder, CancellationToken.None));
        Assert.Contains("is not on the public internet", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_GoAlongAsDataUris_FromTheTenantsFolderAlone()
    {
        Lay("acme/campaigns/1/a.png", "picture");
        using var provider = Provider();
        await provider.Start(Order("campaigns/1/a.png"), "acme", "k");
        Assert.Equal("data:image/png;base64,cGljdHVyZQ==", _service.Predictions[0].Input!["image"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("../globex/secret.png")]
    [InlineData("/etc/passwd")]
    [InlineData("campaigns/none.png")]
    [InlineData("link.png")]
    [InlineData("large.png")]
    public async Task Files_ThatAreNotTheTenants_AreNotSent(string path)
    {
        Lay("globex/secret.png", "secret");
        Lay("acme/large.png", new string('x', 101));
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "files", "acme", "link.png"), Path.Combine(_directory.Path, "files", "globex", "secret.png"));
        using var provider = Provider(options => options with { FileLimitBytes = 100 });
        Assert.Equal((ErrorClass.InvalidInput, ProviderFailure.BadFile), await ClassAndCode(() => provider.Start(Order(path), "acme", "k")));
        Assert.Empty(_service.Bill);
    }

    [Fact]
    public async Task TheProvider_KnowsItsOrdersAndItsBill_AfterAKill()
    {
        using var provider = Provider();
        _service.Set(new Fault { Stall = true });
        var before = await provider.Start(Order(), "acme", "k");

        await using var again = await ProviderService.Start(new ProviderSettings { DataDirectory = Path.Combine(_directory.Path, "provider"), WithFfmpeg = false });

        Assert.Equal(before.Id, Assert.Single(again.Bill).Id);
        using var elsewhere = new HttpPredictionProvider(new HttpProviderOptions { Url = again.Address }, TimeProvider.System);
        Assert.Equal(before.Id, (await elsewhere.Start(Order(), "acme", "k")).Id);
    }

    private HttpPredictionProvider Provider(Func<HttpProviderOptions, HttpProviderOptions>? change = null)
    {
        var options = new HttpProviderOptions { Url = _service.Address, FilesDirectory = Path.Combine(_directory.Path, "files") };
        return new HttpPredictionProvider(change?.Invoke(options) ?? options, TimeProvider.System);
    }

    private static ProviderOrder Order(string? image = null) => new(
        "veo3", JsonElement.Parse("""{"prompt":"a house","duration":4}"""), image is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["image"] = image }, "clips/one.mp4");

    private void Lay(string path, string content)
    {
        var file = Path.Combine(_directory.Path, "files", path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
    }

    private static async Task<Dispatcher.Steps.Providers.Prediction> Done(HttpPredictionProvider provider)
    {
        var latest = await provider.Start(Order(), "acme", "k");
        while (!latest.HasEnded) latest = await provider.Look(latest.Id, CancellationToken.None);
        Assert.Equal(PredictionStatus.Succeeded, latest.Status);
        return latest;
    }

    private static async Task<Failure> Fails<T>(Func<ValueTask<T>> body) => (await Assert.ThrowsAsync<StepFailedException>(async () => await body())).Failure;

    private static async Task<(ErrorClass, string?)> ClassAndCode<T>(Func<ValueTask<T>> body) => await Fails(body) is var failure ? (failure.Class, failure.Code) : default;
}
