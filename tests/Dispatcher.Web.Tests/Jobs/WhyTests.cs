using System.Net;
using Dispatcher.Steps.Admission;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Jobs;

/// <summary>GET /jobs/{id}/why.</summary>
public sealed class WhyTests : ServiceTest
{
    private const string Queueing =
        """
        name: queueing
        version: 1
        steps:
          - id: one
            uses: test.block
        """;

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
    public async Task Why_TellsThePlaceInLine_WhenAStageIsFull()
    {
        await Api.Register(Queueing);
        var first = await Api.Create("""{"workflow":"queueing"}""");
        await Until(first, "running");
        await Api.Create("""{"workflow":"queueing"}""");
        var third = await Api.Create("""{"workflow":"queueing"}""");

        var running = await Api.Get($"/jobs/{first}/why");
        var waiting = await Api.Get($"/jobs/{third}/why");

        Assert.Equal("running", running.Text("reason"));
        Assert.Equal(("admission", 2, "one", "test.block"), (waiting.Text("reason"), waiting.Number("position"), waiting.Text("steps.0.step"), waiting.Text("steps.0.stage")));
        Assert.Equal("queued", waiting.Text("status"));
        Assert.Equal(2, (await Api.Get($"/jobs/{third}")).Number("steps.0.waiting.position"));
    }

    [Theory]
    [InlineData("""{"workflow":"guarded"}""", "pending", "approval")]
    [InlineData("""{"workflow":"slow"}""", "running", "time")]
    [InlineData("""{"workflow":"slow","start_at":"2200-01-01T00:00:00Z"}""", "scheduled", "time")]
    [InlineData("""{"workflow":"quick"}""", "completed", "ended")]
    public async Task Why_NamesTheReason(string job, string status, string reason)
    {
        foreach (var workflow in new[] { Support.Workflows.Guarded, Support.Workflows.Slow, Support.Workflows.Quick }) await Api.Register(workflow);
        var id = await Api.Create(job);
        // A step that sleeps has run for an instant before.
        await UntilThat(id, job => job.Text("status") == status && (status != "running" || job.ToString()!.Contains("\"due_at\"", StringComparison.Ordinal)), status);

        var why = await Api.Get($"/jobs/{id}/why");

        Assert.Equal((HttpStatusCode.OK, reason), (why.Status, why.Text("reason")));
        Assert.NotEmpty(why.Text("goes_on_when"));
    }

    [Fact]
    public async Task Why_LoadsNoEndedJob()
    {
        await Api.Register(Support.Workflows.Quick);
        var id = await Api.Create("""{"workflow":"quick"}""");
        await Until(id, "completed");
        await Restart();

        Assert.Equal("ended", (await Api.Get($"/jobs/{id}/why")).Text("reason"));
        Assert.Equal(0, Service.Engine.Node.ResidentJobs);
    }
}
