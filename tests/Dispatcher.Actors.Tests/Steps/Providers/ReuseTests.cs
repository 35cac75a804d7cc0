using System.Text;
using System.Text.Json;
using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Providers;

namespace Dispatcher.Actors.Tests.Steps.Providers;

/// <summary>A file of an earlier job is taken instead of ordering one.</summary>
public sealed class ReuseTests : IDisposable
{
    private static readonly JobId Earlier = JobId.Parse("01890000-0000-7000-8000-00000000000a");

    private readonly TemporaryDirectory _directory = new();
    private readonly LocalArtifactStore _store;
    private readonly FakeProvider _provider = new(new ManualTimeProvider());

    public ReuseTests() => _store = new LocalArtifactStore(_directory.Path, "test", new IdGenerator(TimeProvider.System));

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Run_CopiesTheFile_AndOrdersNothing()
    {
        await _store.FolderOf("acme", Earlier).Write("clips/scene_2.mp4", "clip", Encoding.UTF8.GetBytes("moving pictures"), CancellationToken.None);

        var result = await Run(required: true);

        Assert.Empty(_provider.Asked);
        var file = Assert.Single(result.Artifacts);
        Assert.Equal(("clips/scene_2.mp4", 15), (file.Path, file.Bytes));
        Assert.Equal("moving pictures", await File.ReadAllTextAsync(Own.PathOf("clips/scene_2.mp4")));
        var output = result.Output!.Value;
        Assert.Equal((Earlier.ToString(), "p-old"), (output.GetProperty("reused_from").GetString(), output.GetProperty("provider_id").GetString()));
        Assert.Equal("""{"amount":0,"currency":"USD","orders":0}""", output.GetProperty("cost").GetRawText());
    }

    [Fact]
    public async Task Run_Orders_WhenTheFileIsNotThere()
    {
        _provider.Starting = FakeProvider.Done;
        Assert.Equal("p1", (await Run(required: false)).Output!.Value.GetProperty("provider_id").GetString());
    }

    [Fact]
    public async Task Run_FailsAndOrdersNothing_WhenTheFileIsRequiredAndNotThere()
    {
        var failure = (await Assert.ThrowsAsync<StepFailedException>(() => Run(required: true))).Failure;
        Assert.Equal((ErrorClass.Permanent, ProviderFailure.NotThere), (failure.Class, failure.Code));
        Assert.Empty(_provider.Asked);
    }

    [Theory]
    [InlineData("../01890000-0000-7000-8000-00000000000a/x")]
    [InlineData("/etc/passwd")]
    public async Task Run_RefusesAPath_ThatLeadsOutOfTheJobsFolder(string path)
    {
        await Assert.ThrowsAsync<ArtifactPathException>(() => Run(required: true, path));
        Assert.Empty(_provider.Asked);
    }

    private ArtifactFolder Own => _store.FolderOf("acme", JobId.Parse("01890000-0000-7000-8000-000000000001"));

    private async Task<StepResult.Completed> Run(bool required, string path = "clips/scene_2.mp4")
    {
        var with = JsonSerializer.Serialize(new { input = new { }, output = "clips/scene_2.mp4", reuse = new { job = Earlier.ToString(), path, provider_id = "p-old", required } });
        var context = new TestStepContext(with, Own) { Others = job => _store.FolderOf("acme", job) };
        return Assert.IsType<StepResult.Completed>(await new ProviderStepHandler("provider.test", _provider, new ProviderOptions(), new ProviderSignals()).Run(context));
    }
}
