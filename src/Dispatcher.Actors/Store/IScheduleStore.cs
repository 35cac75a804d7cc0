using System.Text.Json.Serialization;
using Dispatcher.Jobs;
using Dispatcher.Workflows.Patterns;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Store;

/// <summary>
/// Schedules, what has become of their firings so far, and patterns. A firing is a job and the job's idempotency key its name, so nothing here needs to be in the
/// transaction of a job: what was fired and not noted is fired again, and finds the job. What happens to a schedule is noted, for those that it cancels, in the very
/// transaction in which it happens; that of a run is the append of its event (<see cref="IJobStore.Append"/>).
/// </summary>
public interface IScheduleStore
{
    /// <summary>
    /// Stores a schedule: a new one, or a new version. Who depends on whom is checked in the same transaction, so that no two changes close a ring together.
    /// What was fired so far stays as it is.
    /// </summary>
    /// <param name="schedule">Its version is given by the store. Its next firing is kept as it was if <see cref="NewSchedule.KeepsTimes"/>.</param>
    ValueTask<ScheduleWrite> PutSchedule(NewSchedule schedule);

    /// <summary>Deletes a schedule. Those that depend on it keep waiting, and say for what.</summary>
    /// <param name="version">Only this version; null for any.</param>
    /// <param name="at">When that happens.</param>
    ValueTask<ScheduleWrite> DeleteSchedule(string tenant, string id, long? version, DateTimeOffset at);

    ValueTask<StoredSchedule?> FindSchedule(string tenant, string id);

    /// <summary>Those of the schedules that there are. At most 1,000 keys.</summary>
    ValueTask<IReadOnlySet<ScheduleKey>> FindKnown(IReadOnlyList<ScheduleKey> keys);

    /// <summary>A tenant's schedules in the order of their ids, after the given one.</summary>
    ValueTask<IReadOnlyList<StoredSchedule>> ListSchedules(string tenant, string? after, int limit);

    /// <summary>Who depends on whom in a tenant: (schedule, what it depends on), in order; at most the limit.</summary>
    ValueTask<IReadOnlyList<ScheduleEdge>> ReadScheduleEdges(string tenant, int limit);

    /// <summary>Schedules of all tenants whose time to fire has come, the earliest first.</summary>
    ValueTask<IReadOnlyList<StoredSchedule>> ReadDueSchedules(DateTimeOffset now, int limit);

    /// <summary>When the next schedule fires; null if none does.</summary>
    ValueTask<DateTimeOffset?> NextFiring();

    /// <summary>Schedules of all tenants with a firing that waits for dependencies, in the order of (due time, tenant, id), after the given one.</summary>
    ValueTask<IReadOnlyList<StoredSchedule>> ReadHeldSchedules(StoredSchedule? after, int limit);

    /// <summary>Schedules of all tenants that have not fired yet and do not any more: one of their <see cref="ScheduleDefinition.CancelOn"/> has happened before they were due.</summary>
    ValueTask<IReadOnlyList<StoredSchedule>> ReadCancelledSchedules(int limit);

    /// <summary>The earliest event of those that cancel each of the schedules; nothing of those for which none has happened. At most 1,000 keys.</summary>
    ValueTask<IReadOnlyDictionary<ScheduleKey, ScheduleHappening>> FindCancellations(IReadOnlyList<ScheduleKey> keys);

    /// <summary>Schedules that may have to be archived or deleted, those whose time came first before others.</summary>
    ValueTask<IReadOnlyList<StoredSchedule>> ReadSweptSchedules(DateTimeOffset now, int limit);

    /// <summary>
    /// Notes what became of firings. What was fired is noted always, the end of a held firing too; the next times, and a firing that is held now, only where the version
    /// is still the one that fired. A schedule that was deleted and made anew since is another one, of which nothing is noted.
    /// </summary>
    /// <param name="term">The coordinator's term that this is done in; null on a node that is alone.</param>
    /// <returns>False when the term is over: nothing was written.</returns>
    ValueTask<bool> AdvanceSchedules(long? term, IReadOnlyList<ScheduleAdvance> advances);

    /// <summary>Registers a version of a pattern; a version never changes.</summary>
    ValueTask<WorkflowRegistration> RegisterPattern(string tenant, PatternDefinition pattern, DateTimeOffset now);

    /// <summary>A version of a pattern; the newest if none is named; null if there is none.</summary>
    ValueTask<RegisteredPattern?> FindPattern(string tenant, string id, int? version);

    /// <summary>A tenant's patterns in the order of (id, version), from after the given one; of one id if given.</summary>
    ValueTask<IReadOnlyList<RegisteredPattern>> ListPatterns(string tenant, string? id, (string Id, int Version)? after, int limit);
}

/// <summary>A schedule as somebody wants it.</summary>
/// <param name="ExpectedVersion">0: there must be none; a number: it must be this version; null: whatever there is, or none.</param>
/// <param name="Next">Its next firing.</param>
/// <param name="KeepsTimes">The next firing stays as it is: only other things are changed.</param>
/// <param name="SweepAt">When it may have to be archived or deleted.</param>
/// <param name="LimitPerTenant">One more is refused.</param>
/// <param name="LimitPerEvent">So many schedules may be cancelled by one event; one more is refused.</param>
public sealed record NewSchedule(
    string Tenant, string Id, ScheduleDefinition Definition, long? ExpectedVersion, FireTime? Next, bool KeepsTimes, DateTimeOffset? SweepAt, DateTimeOffset At, int LimitPerTenant,
    int LimitPerEvent = ScheduleLimits.CancelledByOne);

/// <summary>A schedule with what has become of it so far.</summary>
/// <param name="Version">From 1; grows with each change by people.</param>
/// <param name="Next">Its next firing; null when it does not fire by itself.</param>
/// <param name="HeldDue">The firing that waits for dependencies.</param>
/// <param name="ArchivedAt">When it was archived.</param>
public sealed record StoredSchedule(
    string Tenant, string Id, ScheduleDefinition Definition, long Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    FireTime? Next, DateTimeOffset? HeldDue, DateTimeOffset? ArchivedAt, FiringRecord Record)
{
    public ScheduleKey Key => new(Tenant, Id);

    /// <summary>What has ended the schedule before it fired; null if nothing has.</summary>
    public ScheduleHappening? CancelledBy => Record.Cancelled is { } cancelled && cancelled.Due == Definition.At ? cancelled.By : null;
}

/// <summary>What was fired so far. How the runs went is not here: runs are jobs.</summary>
public sealed record FiringRecord
{
    public static FiringRecord None { get; } = new();

    /// <summary>The due time of the last firing.</summary>
    public DateTimeOffset? LastDue { get; init; }

    /// <summary>When the last run was made.</summary>
    public DateTimeOffset? LastFiredAt { get; init; }

    /// <summary>The last run.</summary>
    public JobId? LastJob { get; init; }

    /// <summary>The run for whose end the last run was made to wait; null if it was not.</summary>
    public JobId? LastAfter { get; init; }

    /// <summary>Firings that made a run.</summary>
    public long Fired { get; init; }

    /// <summary>Firings that were left out because a run had not ended.</summary>
    public long Skipped { get; init; }

    /// <summary>Firings that were left out because nobody could fire them in time.</summary>
    public long Missed { get; init; }

    /// <summary>Firings that could not make a run.</summary>
    public long Failed { get; init; }

    /// <summary>Why the last firing made none; null if it did.</summary>
    public string? Note { get; init; }

    /// <summary>The firing that an event has cancelled; counts as long as the schedule has the time of that.</summary>
    public ScheduleCancellation? Cancelled { get; init; }
}

/// <summary>What became of a schedule's firing.</summary>
/// <param name="CreatedAt">Of the schedule that fired: who has its id now may be another.</param>
/// <param name="Version">The version that fired.</param>
/// <param name="ArchivedAt">When it was put away.</param>
/// <param name="SweepAt">When it may have to be put away or deleted.</param>
public sealed record ScheduleAdvance(
    string Tenant, string Id, DateTimeOffset CreatedAt, long Version, FireTime? Next, DateTimeOffset? HeldDue, FiringRecord Record,
    DateTimeOffset? ArchivedAt = null, DateTimeOffset? SweepAt = null)
{
    /// <summary>What happens to the schedule by this.</summary>
    public ScheduleHappening? Tells { get; init; }

    /// <summary>What would have cancelled the schedule is forgotten, if these times are written: it has fired, or is cancelled.</summary>
    public bool EndsCancels { get; init; }

    public static ScheduleAdvance Of(StoredSchedule schedule, FireTime? next, DateTimeOffset? heldDue, FiringRecord record, DateTimeOffset? sweepAt) =>
        new(schedule.Tenant, schedule.Id, schedule.CreatedAt, schedule.Version, next, heldDue, record, schedule.ArchivedAt, sweepAt) { EndsCancels = next is null && !schedule.Definition.CancelOn.IsEmpty };
}

public readonly record struct ScheduleKey(string Tenant, string Id);

public readonly record struct ScheduleEdge(string Schedule, string DependsOn);

/// <summary>A version of a pattern in a tenant's registry.</summary>
public sealed record RegisteredPattern(PatternDefinition Pattern, DateTimeOffset RegisteredAt);

/// <summary>How the write of a schedule ended.</summary>
public abstract record ScheduleWrite
{
    private ScheduleWrite()
    {
    }

    /// <summary>Durable.</summary>
    /// <param name="Schedule">As it is now; as it was, if it was deleted.</param>
    public sealed record Done(StoredSchedule Schedule, bool IsNew) : ScheduleWrite;

    /// <summary>It is there already, or is another version.</summary>
    public sealed record Conflict(StoredSchedule Existing) : ScheduleWrite;

    /// <summary>There is no such schedule.</summary>
    public sealed record NotFound : ScheduleWrite
    {
        public static NotFound Instance { get; } = new();
    }

    /// <summary>It depends on schedules that are not there.</summary>
    public sealed record UnknownDependencies(IReadOnlyList<string> Ids) : ScheduleWrite;

    /// <summary>It is to be cancelled by events of schedules that are not there.</summary>
    public sealed record UnknownCancels(IReadOnlyList<string> Ids) : ScheduleWrite;

    /// <summary>As many schedules as may be wait for an event that is to cancel this one too.</summary>
    public sealed record TooManyCancels(ScheduleCancel Cancel, int Limit) : ScheduleWrite;

    /// <summary>It would depend on itself.</summary>
    /// <param name="Path">Each depends on the next; begins and ends with the schedule.</param>
    public sealed record Cycle(IReadOnlyList<string> Path) : ScheduleWrite;

    /// <summary>Its dependencies and theirs, and so on, are more than are looked through.</summary>
    public sealed record TooManyDependencies(int Limit) : ScheduleWrite;

    /// <summary>The tenant has as many as it may.</summary>
    public sealed record Full(int Limit) : ScheduleWrite;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(FiringRecord))]
internal sealed partial class StoredSchedulesJson : JsonSerializerContext;
