using Dispatcher.Store;
using Dispatcher.Workflows.Patterns;

namespace Dispatcher.Actors.Tests.Coordination.Scheduling;

/// <summary>A store of schedules whose notes of firings get lost when told so.</summary>
internal sealed class FaultyScheduleStore(IScheduleStore inner) : IScheduleStore
{
    /// <summary>So many of the next notes fail.</summary>
    public int FailingAdvances { get; set; }

    /// <summary>Happens while it looks at what is held; once.</summary>
    public Action? WhileLooking { get; set; }

    /// <summary>How often it was asked what dependencies are there.</summary>
    public int DependencyLooks { get; private set; }

    /// <summary>How often it was asked what is due.</summary>
    public int Looks { get; private set; }

    public ValueTask<ScheduleWrite> PutSchedule(NewSchedule schedule) => inner.PutSchedule(schedule);

    public ValueTask<ScheduleWrite> DeleteSchedule(string tenant, string id, long? version, DateTimeOffset at) => inner.DeleteSchedule(tenant, id, version, at);

    public ValueTask<StoredSchedule?> FindSchedule(string tenant, string id) => inner.FindSchedule(tenant, id);

    public ValueTask<IReadOnlySet<ScheduleKey>> FindKnown(IReadOnlyList<ScheduleKey> keys)
    {
        DependencyLooks++;
        return inner.FindKnown(keys);
    }

    public ValueTask<IReadOnlyList<StoredSchedule>> ListSchedules(string tenant, string? after, int limit) => inner.ListSchedules(tenant, after, limit);

    public ValueTask<IReadOnlyList<ScheduleEdge>> ReadScheduleEdges(string tenant, int limit) => inner.ReadScheduleEdges(tenant, limit);

    public ValueTask<IReadOnlyList<StoredSchedule>> ReadDueSchedules(DateTimeOffset now, int limit)
    {
        Looks++;
        return inner.ReadDueSchedules(now, limit);
    }

    public ValueTask<DateTimeOffset?> NextFiring() => inner.NextFiring();

    public ValueTask<IReadOnlyList<StoredSchedule>> ReadHeldSchedules(StoredSchedule? after, int limit)
    {
        var whileLooking = WhileLooking;
        WhileLooking = null;
        whileLooking?.Invoke();
        return inner.ReadHeldSchedules(after, limit);
    }

    public ValueTask<IReadOnlyList<StoredSchedule>> ReadCancelledSchedules(int limit) => inner.ReadCancelledSchedules(limit);

    public ValueTask<IReadOnlyDictionary<ScheduleKey, ScheduleHappening>> FindCancellations(IReadOnlyList<ScheduleKey> keys) => inner.FindCancellations(keys);

    public ValueTask<IReadOnlyList<StoredSchedule>> ReadSweptSchedules(DateTimeOffset now, int limit) => inner.ReadSweptSchedules(now, limit);

    public ValueTask<bool> AdvanceSchedules(long? term, IReadOnlyList<ScheduleAdvance> advances) =>
        FailingAdvances-- > 0 ? throw new StoreException("The note got lost.") : inner.AdvanceSchedules(term, advances);

    public ValueTask<WorkflowRegistration> RegisterPattern(string tenant, PatternDefinition pattern, DateTimeOffset now) => inner.RegisterPattern(tenant, pattern, now);

    public ValueTask<RegisteredPattern?> FindPattern(string tenant, string id, int? version) => inner.FindPattern(tenant, id, version);

    public ValueTask<IReadOnlyList<RegisteredPattern>> ListPatterns(string tenant, string? id, (string Id, int Version)? after, int limit) => inner.ListPatterns(tenant, id, after, limit);
}
