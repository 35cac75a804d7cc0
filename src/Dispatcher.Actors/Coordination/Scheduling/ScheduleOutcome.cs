using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Workflows;

namespace Dispatcher.Coordination.Scheduling;

/// <summary>What came of a change of a schedule: the schedule as it is now, or why nothing was changed.</summary>
/// <param name="Schedule">As it is now; as it was, if it was deleted.</param>
/// <param name="Refusal">Why nothing was changed; its code is stable.</param>
/// <param name="Faults">Single things that are wrong with what was asked for.</param>
public sealed record ScheduleOutcome(StoredSchedule? Schedule, bool IsNew = false, Rejection? Refusal = null, IReadOnlyList<SchemaFault>? Faults = null)
{
    public static ScheduleOutcome Refuse(string code, string message) => new(null, Refusal: new Rejection(code, message));

    public static ScheduleOutcome Unknown(string id) => Refuse("unknown-schedule", $"There is no schedule {id}.");

    public static ScheduleOutcome Of(IReadOnlyList<SchemaFault> faults) =>
        new(null, Refusal: new Rejection("invalid-schedule", string.Join("; ", faults.Select(fault => fault.ToString()))), Faults: faults);

    public static ScheduleOutcome Of(string id, ScheduleWrite write) => write switch
    {
        ScheduleWrite.Done done => new ScheduleOutcome(done.Schedule, done.IsNew),
        ScheduleWrite.Conflict { Existing: var existing } => Refuse("schedule-conflict", $"The schedule {id} is there, at version {existing.Version}; read it and change that version."),
        ScheduleWrite.UnknownDependencies unknown => Refuse("unknown-dependency", $"depends_on names {string.Join(", ", unknown.Ids)}, and there is no such schedule; create it first."),
        ScheduleWrite.UnknownCancels unknown => Of([new SchemaFault("cancel_on", $"names {string.Join(", ", unknown.Ids)}, and there is no such schedule; create it first")]),
        ScheduleWrite.TooManyCancels many => Of([new SchemaFault("cancel_on", $"names an event ({many.Cancel.Event.ToText()} of {many.Cancel.Schedule ?? "any schedule"}) that cancels {many.Limit} others, as many as it may")]),
        ScheduleWrite.Cycle cycle => Refuse("schedule-cycle", $"The schedule would wait for itself: {string.Join(" depends on ", cycle.Path)}. Leave one of these dependencies out."),
        ScheduleWrite.TooManyDependencies many => Of([new SchemaFault("depends_on", $"leads to more than {many.Limit} dependencies, those of the dependencies counted")]),
        ScheduleWrite.Full full => Refuse("too-many-schedules", $"The tenant has {full.Limit} schedules, as many as it may; delete some."),
        _ => Unknown(id),
    };
}

/// <summary>One time of a backfill.</summary>
/// <param name="IsNew">False when the run was there: it had been fired, or filled in, before.</param>
/// <param name="Fault">Why there is no run.</param>
public sealed record BackfillRun(DateTimeOffset Due, JobId? Job, bool IsNew, string? Fault);

/// <summary>A tenant's schedules and who depends on whom.</summary>
/// <param name="Missing">Those of the edges that lead to a schedule that was deleted.</param>
/// <param name="IsCut">True when there are more schedules or edges.</param>
public sealed record ScheduleMap(IReadOnlyList<ScheduleNode> Nodes, IReadOnlyList<ScheduleEdge> Edges, IReadOnlyList<ScheduleEdge> Missing, bool IsCut);

/// <summary>A schedule on a map.</summary>
public sealed record ScheduleNode(string Id, string Name, ScheduleStatus Status, DateTimeOffset? NextDue, DateTimeOffset? HeldDue)
{
    public static ScheduleNode Of(StoredSchedule schedule, DateTimeOffset now) =>
        new(schedule.Id, schedule.Definition.Name, ScheduleStatuses.Of(schedule, now), schedule.Next?.Due, schedule.HeldDue);
}
