using Dispatcher.Actors.Tests.Store.Postgres;
using Dispatcher.Store;
using Dispatcher.Workflows.Scheduling;
using static Dispatcher.Actors.Tests.Sharding.TestCluster;

namespace Dispatcher.Actors.Tests.Sharding;

/// <summary>Schedules of a cluster: fired on its coordinator alone, changed at any node.</summary>
[Collection(SecondPostgresCollection.Name)]
public sealed class ClusterSchedulesTests : IAsyncLifetime
{
    private const string Tenant = "default";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private TestCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await Create();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task EachDueTime_IsOneRun_WhenTheCoordinatorDies()
    {
        var nodes = await _cluster.StartAll(3);
        await _cluster.WhenSettled(nodes: 3);
        var spec = await nodes[0].Register("steps: [ { id: a, uses: noop } ]");
        var everySecond = new ScheduleDefinition { Name = "s", Cron = "* * * * * *", CatchUp = CatchUpPolicy.All, Target = new ScheduleTarget(spec.Workflow.Name) };
        var made = await nodes[1].Node.Scheduler!.Book.Create(Tenant, "s", everySecond);
        Assert.Null(made.Refusal);
        await WhenFired(3);

        var leader = nodes.Single(node => node.Incarnation == nodes[0].Node.Cluster!.Line.View!.Leader);
        var alive = nodes.First(node => node != leader);
        await _cluster.Bury(leader);
        var fired = (await alive.Store.FindSchedule(Tenant, "s"))!.Record.Fired;
        await WhenFired(fired + 5);
        await alive.Node.Scheduler!.Book.Pause(Tenant, "s", new SchedulePause());

        var schedule = (await alive.Store.FindSchedule(Tenant, "s"))!;
        var runs = await alive.Node.Scheduler.Book.Runs.List(Tenant, "s", null, null, 1000);
        var dues = runs.Rows.Select(row => DateTimeOffset.Parse(row.Labels![FiringLabels.Due], System.Globalization.CultureInfo.InvariantCulture)).Order().ToList();
        // None twice, and none left out from the first to the last.
        Assert.Equal(dues.Count, dues.Distinct().Count());
        Assert.Equal(Enumerable.Range(0, dues.Count).Select(second => dues[0].AddSeconds(second)), dues);
        Assert.True(dues.Count >= schedule.Record.Fired);
    }

    [Fact]
    public async Task AnEventWithoutACoordinator_CancelsASchedule_UnderTheNextOne()
    {
        var nodes = await _cluster.StartAll(3);
        await _cluster.WhenSettled(nodes: 3);
        var spec = await nodes[0].Register("steps: [ { id: a, uses: noop } ]");
        var leader = nodes.Single(node => node.Incarnation == nodes[0].Node.Cluster!.Line.View!.Leader);
        var alive = nodes.First(node => node != leader);
        var data = new ScheduleDefinition { Name = "data", Target = new ScheduleTarget(spec.Workflow.Name) };
        Assert.Null((await alive.Node.Scheduler!.Book.Create(Tenant, "data", data)).Refusal);
        var report = data with { Name = "report", At = TimeProvider.System.GetUtcNow().AddHours(1), CancelOn = [new ScheduleCancel(ScheduleEventKind.Completed, "data")] };
        Assert.Null((await alive.Node.Scheduler.Book.Create(Tenant, "report", report)).Refusal);

        leader.Crash();
        await alive.Node.Scheduler.Book.Run(Tenant, "data", key: null);
        await _cluster.Bury(leader);
        await _cluster.Data.Until($"(SELECT record::json->>'cancelled' IS NOT NULL FROM {_cluster.Data.Options.Schema}.schedules WHERE id = 'report')");

        var schedule = (await alive.Store.FindSchedule(Tenant, "report"))!;
        Assert.Equal((null, "data", ScheduleEventKind.Completed), (schedule.Next, schedule.CancelledBy!.Schedule, schedule.CancelledBy.Event));
        Assert.Empty((await alive.Node.Scheduler.Book.Runs.List(Tenant, "report", null, null, 10)).Rows);
    }

    [Fact]
    public async Task AChangeAtAnyNode_WakesTheOneThatFires_AndIsToldAtEveryNode()
    {
        var nodes = await _cluster.StartAll(2);
        await _cluster.WhenSettled(nodes: 2);
        var spec = await nodes[0].Register("steps: [ { id: a, uses: noop } ]");
        var other = nodes.First(node => node.Incarnation != nodes[0].Node.Cluster!.Line.View!.Leader);
        var leader = nodes.First(node => node != other);
        using var subscription = await leader.Node.ScheduleFeed.Subscribe(leader.Node.Events, Tenant, after: null);
        using var limit = new CancellationTokenSource(Patience);

        await other.Node.Scheduler!.Book.Create(Tenant, "s", new ScheduleDefinition { Name = "s", Cron = "* * * * * *", Overlap = OverlapPolicy.Skip, Target = new ScheduleTarget(spec.Workflow.Name) });

        var told = new List<string>();
        while (told.Count < 3) told.AddRange((await subscription.Read(limit.Token)).Events.Select(next => next.Type));
        // The next run waits for the end of the first.
        Assert.Equal(["scheduler.job_created", "scheduler.job_started", "scheduler.job_completed"], told.Take(3));
        await WhenFired(1);
    }

    [Fact]
    public async Task TheNoteOfATermThatIsOver_IsRefused()
    {
        var node = await _cluster.Start();
        var spec = await node.Register("steps: [ { id: a, uses: noop } ]");
        await node.Node.Scheduler!.Book.Create(Tenant, "s", new ScheduleDefinition { Name = "s", Cron = "@yearly", Target = new ScheduleTarget(spec.Workflow.Name) });
        var schedule = (await node.Store.FindSchedule(Tenant, "s"))!;
        var term = node.Node.Cluster!.Line.View!.LeaderEpoch;
        var note = new ScheduleAdvance(Tenant, "s", schedule.CreatedAt, 1, null, null, new FiringRecord { Fired = 7 });

        Assert.False(await node.Store.AdvanceSchedules(term - 1, [note]));
        Assert.Equal(schedule.Record, (await node.Store.FindSchedule(Tenant, "s"))!.Record);
        Assert.True(await node.Store.AdvanceSchedules(term, [note]));
        Assert.Equal(7, (await node.Store.FindSchedule(Tenant, "s"))!.Record.Fired);
    }

    private Task WhenFired(long times) =>
        _cluster.Data.Until($"(SELECT coalesce((record::json->>'fired')::int, 0) >= {times} FROM {_cluster.Data.Options.Schema}.schedules WHERE id = 's')");
}
