using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Store;

/// <summary>What both dialects check before a schedule is written, in its transaction.</summary>
internal static class ScheduleWriteRules
{
    /// <summary>So many edges are read: one more than may be.</summary>
    public const int EdgesRead = ScheduleLimits.DependencyEdges + 1;

    /// <summary>The schedules that it names: as dependencies, and in what cancels it.</summary>
    public static ScheduleKey[] KeysOfOthers(NewSchedule schedule) =>
        [.. schedule.Definition.DependsOn.Concat(NamedBy(schedule.Definition)).Distinct(StringComparer.Ordinal).Select(id => new ScheduleKey(schedule.Tenant, id))];

    /// <summary>Why the schedule is not written; null if it may be.</summary>
    /// <param name="existing">The schedule as it is.</param>
    /// <param name="count">Schedules of the tenant.</param>
    /// <param name="known">Those of the schedules that it names that are there.</param>
    /// <param name="reached">What its dependencies depend on, and so on: all edges that are reached from them, or <see cref="EdgesRead"/>.</param>
    /// <param name="crowded">What is to cancel it and cancels as many others as it may.</param>
    public static ScheduleWrite? Refuse(
        NewSchedule schedule, StoredSchedule? existing, long count, IReadOnlySet<ScheduleKey> known, IReadOnlyList<ScheduleEdge> reached, ScheduleCancel? crowded)
    {
        if (existing is null && schedule.ExpectedVersion > 0) return ScheduleWrite.NotFound.Instance;
        if (existing is not null && schedule.ExpectedVersion is { } expected && expected != existing.Version) return new ScheduleWrite.Conflict(existing);
        if (existing is null && count >= schedule.LimitPerTenant) return new ScheduleWrite.Full(schedule.LimitPerTenant);
        var strangers = NamedBy(schedule.Definition).Where(id => !known.Contains(new ScheduleKey(schedule.Tenant, id)) && existing?.Definition.CancelOn.Any(cancel => cancel.Schedule == id) != true).ToList();
        if (strangers.Count > 0) return new ScheduleWrite.UnknownCancels(strangers);
        if (crowded is not null) return new ScheduleWrite.TooManyCancels(crowded, schedule.LimitPerEvent);
        return RefuseDependencies(schedule, existing, known, reached);
    }

    private static ScheduleWrite? RefuseDependencies(NewSchedule schedule, StoredSchedule? existing, IReadOnlySet<ScheduleKey> known, IReadOnlyList<ScheduleEdge> reached)
    {
        var dependencies = schedule.Definition.DependsOn;
        if (dependencies.IsEmpty) return null;
        if (reached.Count == EdgesRead) return new ScheduleWrite.TooManyDependencies(ScheduleLimits.DependencyEdges);
        var others = reached.Where(edge => edge.Schedule != schedule.Id).ToLookup(edge => edge.Schedule, edge => edge.DependsOn, StringComparer.Ordinal);
        if (ScheduleGraph.FindCycle(schedule.Id, dependencies, others) is { } cycle) return new ScheduleWrite.Cycle(cycle);
        // One that was there when the edge was made may have been deleted since: the edge is kept, and says so.
        var unknown = dependencies.Where(id => !known.Contains(new ScheduleKey(schedule.Tenant, id)) && existing?.Definition.DependsOn.Contains(id) != true).ToList();
        return unknown.Count > 0 ? new ScheduleWrite.UnknownDependencies(unknown) : null;
    }

    /// <summary>The schedule as it will be.</summary>
    public static StoredSchedule Written(NewSchedule schedule, StoredSchedule? existing) => new(
        schedule.Tenant,
        schedule.Id,
        schedule.Definition,
        (existing?.Version ?? 0) + 1,
        existing?.CreatedAt ?? StoredTime.Truncate(schedule.At),
        StoredTime.Truncate(schedule.At),
        // What was cancelled fires at another time, or not at all.
        existing?.Record.Cancelled is { } cancelled && cancelled.Due == schedule.Definition.At ? null : schedule.KeepsTimes && existing is not null ? existing.Next : schedule.Next,
        // One that is disabled waits for nothing; one that is paused goes on waiting.
        schedule.Definition.Enabled ? existing?.HeldDue : null,
        ArchivedAt: null,
        existing?.Record ?? FiringRecord.None);

    /// <summary>
    /// What is not waited for any more, and what is from now on. Another time begins anew; at the same one, what has happened before counts still. Nothing is waited
    /// for a second time for a firing that has come or was cancelled.
    /// </summary>
    public static (IReadOnlyList<ScheduleCancel> Gone, IReadOnlyList<ScheduleCancel> New) Cancels(StoredSchedule written, StoredSchedule? existing)
    {
        var (before, after) = (existing?.Definition.CancelOn ?? [], written.Definition.CancelOn);
        if (existing?.Definition.At != written.Definition.At) return (before, after);
        return ([.. before.Except(after)], written.CancelledBy is null ? [.. after.Except(before)] : []);
    }

    /// <summary>What the write itself is, to those that it cancels.</summary>
    public static ScheduleHappening HappeningOf(NewSchedule schedule, StoredSchedule? existing) =>
        new(schedule.Id, existing is null ? ScheduleEventKind.Created : ScheduleEventKind.Updated, StoredTime.Truncate(schedule.At));

    private static IEnumerable<string> NamedBy(ScheduleDefinition definition) => definition.CancelOn.Select(cancel => cancel.Schedule).OfType<string>().Distinct(StringComparer.Ordinal);
}
