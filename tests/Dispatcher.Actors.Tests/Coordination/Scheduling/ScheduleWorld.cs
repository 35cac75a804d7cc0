using Dispatcher.Actors.Tests.JobActors;
using Dispatcher.Actors.Tests.Store.Sqlite;
using Dispatcher.Coordination.Scheduling;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;
using Dispatcher.Workflows.Patterns;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Actors.Tests.Coordination.Scheduling;

/// <summary>A node on the test's thread that fires schedules: jobs in memory, schedules in a real SQLite store, and a clock that moves when told. It begins at midnight.</summary>
internal sealed class ScheduleWorld : IDisposable
{
    public const string Tenant = "default";

    private readonly SqliteData _data = new();
    private readonly SqliteJobStore _store;

    public ScheduleWorld()
    {
        _store = _data.Open();
        Faults = new FaultyScheduleStore(_store);
        Node = MemoryNode.With(Faults);
        Quick = Node.Register("steps: [ { id: a, uses: noop } ]").Workflow;
        Slow = Node.Register("steps: [ { id: a, uses: delay, with: { seconds: 150 } } ]").Workflow;
    }

    public MemoryNode Node { get; }

    /// <summary>The store, which can be told to fail.</summary>
    public FaultyScheduleStore Faults { get; }

    public WorkflowReference Quick { get; }

    /// <summary>Takes two minutes and a half.</summary>
    public WorkflowReference Slow { get; }

    public ScheduleBook Book => Node.Node.Scheduler!.Book;

    public ScheduleDefinition Every(string cron, WorkflowReference? workflow = null) =>
        new() { Name = "test", Cron = cron, Target = new ScheduleTarget((workflow ?? Quick).Name) };

    public StoredSchedule Create(string id, ScheduleDefinition definition)
    {
        var outcome = Node.Do(async () => await Book.Create(Tenant, id, definition));
        Assert.True(outcome.Schedule is not null, outcome.Refusal?.Message);
        return outcome.Schedule;
    }

    public StoredSchedule Find(string id) => Node.Do(async () => await _store.FindSchedule(Tenant, id))!;

    public void Register(PatternDefinition pattern) => Node.Do(async () => await _store.RegisterPattern(Tenant, pattern, Node.Now));

    /// <summary>The runs of a schedule, oldest first.</summary>
    public IReadOnlyList<JobRow> Runs(string id) => [.. Node.Do(async () => await Book.Runs.List(Tenant, id, null, null, 1000)).Rows.Reverse()];

    /// <summary>When the runs were due, as minutes and seconds after midnight, with their causes if they are special.</summary>
    public IEnumerable<string> Dues(string id) => Runs(id).Select(row =>
        row.Labels![FiringLabels.Due]["2026-01-01T".Length..].TrimEnd('Z') + (row.Labels[FiringLabels.Cause] is "time" ? "" : $" {row.Labels[FiringLabels.Cause]}"));

    /// <summary>No process runs for a while.</summary>
    public void BeDown(TimeSpan time)
    {
        // Timers go off and nobody is there: the process that they would have woken is killed before it does anything.
        Node.Time.Advance(time);
        Node.Restart();
    }

    public void Dispose()
    {
        _store.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _data.Dispose();
    }
}
