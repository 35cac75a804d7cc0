using Dispatcher.Steps.Admission;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Stats;

/// <summary>GET /stats.</summary>
public sealed class StatsTests : ServiceTest
{
    private readonly BlockHandler _block = new();

    protected override void Configure(DispatcherOptions options)
    {
        options.Handlers.Add(_block);
        options.Node = options.Node with { StageLimits = stage => stage == _block.Name ? new StageLimits { MaxConcurrency = 1 } : new StageLimits() };
    }

    public override async Task DisposeAsync()
    {
        _block.Release();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Stats_CountJobsStepsAndWhatCameAndWent()
    {
        await Api.Register("name: queueing\nversion: 1\nsteps: [{ id: one, uses: test.block }]\n");
        await Api.Register(Support.Workflows.Quick);
        await Api.Register(Support.Workflows.Failing);
        await Until(await Api.Create("""{"workflow":"quick"}"""), "completed");
        await Until(await Api.Create("""{"workflow":"failing"}"""), "failed");
        await Until(await Api.Create("""{"workflow":"queueing"}"""), "running");
        await Until(await Api.Create("""{"workflow":"queueing"}"""), "queued");

        var stats = await Api.Get("/stats");

        Assert.Equal(4, stats.Number("jobs"));
        Assert.Equal("""{"completed":1,"failed":1,"queued":1,"running":1}""", stats.At("by_status").GetRawText());
        Assert.Equal(["failing", "queueing", "quick"], stats.At("workflows").EnumerateArray().Select(workflow => workflow.GetProperty("workflow").GetString()));
        Assert.Equal((1, 1), (stats.Number("running_steps"), stats.Number("queued_steps")));
        Assert.Equal("""[{"stage":"test.block","running":1,"waiting":1,"reason":"cap"}]""", stats.At("stages").GetRawText());
        Assert.Equal("""{"created":4,"completed":1,"failed":1,"cancelled":0}""", stats.At("last_minute").GetRawText());
    }
}
