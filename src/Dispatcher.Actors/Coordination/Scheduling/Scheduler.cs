using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Store;
using Dispatcher.Workflows.Scheduling;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Coordination.Scheduling;

/// <summary>Schedules on one node: the book that people write in, and the clock that fires, if this node is the one that does.</summary>
public sealed class Scheduler
{
    private readonly IClusterStore? _cluster;
    private readonly ILogger _logger;
    private readonly ScheduleClockEdges _edges;
    private Ticking? _clock;

    public Scheduler(IScheduleStore store, IJobStore jobs, JobGateway gateway, WorkflowCatalog workflows, PatternCatalog patterns, IClusterStore? cluster, ILogger logger)
    {
        (_cluster, _logger) = (cluster, logger);
        var specs = new ScheduleJobs(workflows, patterns, jobs, gateway);
        Book = new ScheduleBook(new ScheduleBookEdges(store, jobs, gateway, workflows, specs, Tell));
        _edges = new ScheduleClockEdges(store, new ScheduleFirings(store, jobs, gateway, specs, Book.Runs, Tell), new ScheduleSweeper(store, jobs, Tell));
    }

    public ScheduleBook Book { get; }

    /// <summary>Is told of changes here and at other nodes, for people; on any thread, so it must be quick.</summary>
    public Action<ScheduleNotice> Told { get; set; } = static _ => { };

    /// <summary>The actor that fires, for people; null where there is none.</summary>
    internal ActorCell? Clock => _clock?.Clock;

    /// <summary>Begins to fire, in a term of the coordinator or on a node that is alone; what fired before stops.</summary>
    internal void Begin(ActorSystem system, long? term)
    {
        End();
        _clock = new Ticking(system.Spawn(() => new ScheduleClock(_edges, term, _logger)), new ScheduleClock.Notice());
    }

    internal void End()
    {
        _clock?.Clock.Stop();
        _clock = null;
    }

    /// <summary>Another node has changed a schedule, or a run has ended there.</summary>
    internal void Hinted(string? change)
    {
        // First people, then the clock: nobody at this node is to hear of a run before its schedule.
        if (change is { Length: > 0 } && ScheduleNotice.OfHint(change, _cluster!.Incarnation) is { } notice) Told(notice);
        Wake();
    }

    /// <summary>Events of a job were committed here: when a run has ended, others may have waited for it.</summary>
    internal void Committed(JobState state, IReadOnlyList<JobEvent> events)
    {
        if (!state.Status.IsTerminal() || events.Count == 0 || state.Spec.Labels?.ContainsKey(FiringLabels.Schedule) != true) return;
        if (_clock is null) _cluster?.Hint(new ClusterHint(ClusterHintKind.Schedules));
        else Wake();
    }

    private void Tell(ScheduleNotice notice)
    {
        Told(notice);
        _cluster?.Hint(new ClusterHint(ClusterHintKind.Schedules, About: notice.ToHint(_cluster.Incarnation)));
        Wake();
    }

    private void Wake()
    {
        if (_clock is { } ticking && ticking.Notice.TrySend()) ticking.Clock.Tell(ticking.Notice);
    }

    /// <summary>The clock of one term with the notice that wakes it. One that stops may take its notice along, so the next one has another.</summary>
    private sealed record Ticking(ActorCell Clock, ScheduleClock.Notice Notice);
}
