using System.Text.Json;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Workflows;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Coordination.Scheduling;

/// <summary>What people do with schedules. Each change is in the store when it is answered, and holds at every node at once; the one that fires is woken.</summary>
public sealed class ScheduleBook(ScheduleBookEdges edges)
{
    /// <summary>Schedules that a map shows.</summary>
    public const int MapLimit = 10_000;

    /// <summary>How often a change is tried again when somebody else was quicker.</summary>
    private const int AttemptLimit = 5;

    /// <summary>Backfills begin no earlier.</summary>
    private const int EarliestYear = 1970;

    /// <summary>Schedules of which a map is made at once.</summary>
    private const int MapPage = 200;

    private static readonly TimeSpan Instant = new(1);

    private readonly IScheduleStore _store = edges.Schedules;

    public ScheduleRuns Runs { get; } = new(edges.Jobs);

    public IScheduleStore Store => _store;

    private DateTimeOffset Now => edges.Gateway.Now;

    /// <summary>Makes a schedule.</summary>
    /// <param name="id">A new one if null.</param>
    public ValueTask<ScheduleOutcome> Create(string tenant, string? id, ScheduleDefinition definition) =>
        Put(tenant, id ?? edges.Gateway.NextJobId().ToString(), definition, expectedVersion: 0);

    /// <summary>Stores a schedule as it is asked for. A pause that somebody made stays, until it is over or somebody ends it.</summary>
    /// <param name="expectedVersion">0: a new one; a number: this version of it; null: whatever there is.</param>
    public ValueTask<ScheduleOutcome> Put(string tenant, string id, ScheduleDefinition definition, long? expectedVersion) => Write(
        tenant, id, existing => existing?.Definition.Pause is { By: not null } pause && pause.HoldsAt(Now) ? definition with { Pause = pause } : definition, expectedVersion);

    /// <summary>Changes a schedule, whatever its version.</summary>
    public ValueTask<ScheduleOutcome> Change(string tenant, string id, Func<ScheduleDefinition, ScheduleDefinition> change, long? expectedVersion = null) =>
        Write(tenant, id, existing => existing is null ? null : change(existing.Definition), expectedVersion);

    /// <summary>Deletes a schedule; its runs stay.</summary>
    public async ValueTask<ScheduleOutcome> Delete(string tenant, string id, long? expectedVersion = null)
    {
        var now = Now;
        var outcome = ScheduleOutcome.Of(id, await _store.DeleteSchedule(tenant, id, expectedVersion, now));
        if (outcome.Schedule is { } deleted) edges.Tell(new ScheduleNotice(ScheduleChange.Deleted, tenant, id, now, ScheduleStatuses.Of(deleted, now), deleted.Definition.Name));
        return outcome;
    }

    public ValueTask<ScheduleOutcome> Pause(string tenant, string id, SchedulePause pause) => Change(tenant, id, definition => definition with { Pause = pause });

    public ValueTask<ScheduleOutcome> Resume(string tenant, string id) => Change(tenant, id, definition => definition with { Pause = null });

    /// <summary>Makes a run now, whatever its times, pauses and dependencies.</summary>
    /// <param name="key">Two calls with one key make one run; null makes one each time.</param>
    /// <param name="input">In place of the schedule's own.</param>
    /// <param name="origin">Who asks; null for the program itself.</param>
    /// <returns>Null if there is no such schedule.</returns>
    public async ValueTask<CommandReply?> Run(string tenant, string id, string? key, JsonElement? input = null, FiringOrigin? origin = null) => await _store.FindSchedule(tenant, id) is { } schedule
        ? await edges.Specs.Fire(schedule, new Firing(Now, FiringCause.Manual), FiringKeys.OfRun(id, key ?? edges.Gateway.NextJobId().ToString()), input, origin: origin)
        : null;

    /// <summary>Makes the runs of the times of a range, each once: those that were fired already are found again.</summary>
    /// <param name="from">The first time; the last is <paramref name="to"/>.</param>
    /// <param name="origin">Who asks; null for the program itself.</param>
    /// <returns>Null if there is no such schedule, or its refusal.</returns>
    public async ValueTask<(IReadOnlyList<BackfillRun>? Runs, Rejection? Refusal)> Backfill(string tenant, string id, DateTimeOffset from, DateTimeOffset to, FiringOrigin? origin = null)
    {
        if (await _store.FindSchedule(tenant, id) is not { } schedule) return (null, ScheduleOutcome.Unknown(id).Refusal);
        if (from.Year < EarliestYear) return (null, new Rejection("invalid-range", $"The range begins before {EarliestYear}."));
        if (to > Now) return (null, new Rejection("invalid-range", "The range reaches into the future; the schedule will fire those times itself."));
        var times = new ScheduleTimes(id, schedule.Definition, schedule.CreatedAt).NextTimes(from - Instant, ScheduleLimits.BackfillFirings + 1);
        var wanted = times.TakeWhile(time => time.Due <= to).ToList();
        if (wanted.Count > ScheduleLimits.BackfillFirings)
            return (null, new Rejection("invalid-range", $"The range has more than {ScheduleLimits.BackfillFirings} times; fill it in parts, the first up to {FiringLabels.TextOf(wanted[^2].Due)}."));
        return (await Task.WhenAll(wanted.Select(time => Fill(schedule, time.Due, origin))), null);
    }

    /// <summary>The next times at which it is due, whatever its pauses.</summary>
    public static IReadOnlyList<FireTime> NextTimes(StoredSchedule schedule, DateTimeOffset after, int count) =>
        new ScheduleTimes(schedule.Id, schedule.Definition, schedule.CreatedAt).NextTimes(after, count);

    /// <summary>Who waits for whom.</summary>
    /// <param name="shows">Which schedules; all if null.</param>
    public async ValueTask<ScheduleMap> ReadMap(string tenant, Func<StoredSchedule, bool>? shows = null)
    {
        var (now, nodes, seen) = (Now, new List<ScheduleNode>(), 0);
        string? after = null;
        for (var isLast = false; !isLast && seen < MapLimit;)
        {
            var page = await _store.ListSchedules(tenant, after, MapPage);
            (isLast, seen) = (page.Count < MapPage, seen + page.Count);
            if (page.Count > 0) after = page[^1].Id;
            nodes.AddRange(page.Where(schedule => shows?.Invoke(schedule) != false).Select(schedule => ScheduleNode.Of(schedule, now)));
        }

        var isCut = after is not null && (await _store.ListSchedules(tenant, after, 1)).Count > 0;
        var shown = nodes.Select(node => node.Id).ToHashSet(StringComparer.Ordinal);
        var found = await _store.ReadScheduleEdges(tenant, MapLimit + 1);
        var dependencies = found.Take(MapLimit).Where(edge => shown.Contains(edge.Schedule)).ToList();
        var known = new HashSet<ScheduleKey>();
        foreach (var chunk in dependencies.Select(edge => new ScheduleKey(tenant, edge.DependsOn)).Distinct().Chunk(1000)) known.UnionWith(await _store.FindKnown(chunk));
        return new ScheduleMap(nodes, dependencies, [.. dependencies.Where(edge => !known.Contains(new ScheduleKey(tenant, edge.DependsOn)))], isCut || found.Count > MapLimit);
    }

    /// <param name="wanted">The schedule as it is to be; null if nothing is to be there.</param>
    private async ValueTask<ScheduleOutcome> Write(string tenant, string id, Func<StoredSchedule?, ScheduleDefinition?> wanted, long? expectedVersion)
    {
        for (var attempt = 1; ; attempt++)
        {
            var existing = await _store.FindSchedule(tenant, id);
            if (wanted(existing) is not { } definition) return ScheduleOutcome.Unknown(id);
            if (await Refuse(tenant, id, definition, existing) is { } refused) return refused;
            var outcome = await Put(tenant, id, definition, expectedVersion, existing);
            // Somebody else was between the reading and the writing.
            if (outcome.Refusal?.Code != "schedule-conflict" || expectedVersion is not null || attempt == AttemptLimit) return outcome;
        }
    }

    private async ValueTask<ScheduleOutcome> Put(string tenant, string id, ScheduleDefinition definition, long? expectedVersion, StoredSchedule? existing)
    {
        var now = Now;
        var keepsTimes = existing is { ArchivedAt: null } && existing.Definition.HasSameTimes(definition);
        var createdAt = existing?.CreatedAt ?? now;
        var next = keepsTimes ? null : new ScheduleTimes(id, definition, createdAt).Next(now);
        // What was read says what stays, so it must be what is written over.
        var version = expectedVersion ?? existing?.Version ?? 0;
        var write = await _store.PutSchedule(new NewSchedule(
            tenant, id, definition, version, next, keepsTimes, SweepTimes.Of(definition, createdAt, isArchived: false), now, edges.LimitPerTenant));
        var outcome = ScheduleOutcome.Of(id, write);
        if (outcome.Schedule is { } written)
            edges.Tell(new ScheduleNotice(outcome.IsNew ? ScheduleChange.Created : ScheduleChange.Updated, tenant, id, now, ScheduleStatuses.Of(written, now), definition.Name));
        return outcome;
    }

    /// <summary>Why the schedule may not be so; null if it may. Pausing is never refused for what was taken before, whatever became of its workflow since.</summary>
    private async ValueTask<ScheduleOutcome?> Refuse(string tenant, string id, ScheduleDefinition definition, StoredSchedule? existing)
    {
        if (existing is not null && definition == existing.Definition with { Pause = definition.Pause }) return null;
        if (!ScheduleLimits.IsId(id))
            return ScheduleOutcome.Of([new SchemaFault("id", $"must have 1 to {ScheduleLimits.IdCharacters} letters, digits, dots, dashes, underscores and colons, the first a letter or digit")]);
        if (ScheduleRules.FaultsOf(definition) is { Count: > 0 } faults) return ScheduleOutcome.Of(faults);
        if (definition.CancelOn.Any(cancel => cancel.Schedule == id)) return ScheduleOutcome.Of([new SchemaFault("cancel_on", "names the schedule itself; name another one")]);
        var now = Now;
        if (definition.At <= now && definition.At != existing?.Definition.At) return ScheduleOutcome.Of([new SchemaFault("at", "lies in the past")]);
        if (await FaultOfTarget(tenant, definition.Target) is { } unknown) return new ScheduleOutcome(null, Refusal: unknown);
        // What fires by hand alone may leave its input to whoever fires it.
        if (definition is { Cron: null, At: null, Input: null }) return null;
        var (refusal, unfit) = await edges.Specs.Check(new StoredSchedule(tenant, id, definition, 1, now, now, null, null, null, FiringRecord.None), now);
        return unfit.Count > 0 ? ScheduleOutcome.Of(unfit) : refusal is null ? null : new ScheduleOutcome(null, Refusal: refusal);
    }

    private async ValueTask<Rejection?> FaultOfTarget(string tenant, ScheduleTarget target)
    {
        if (target.Pattern is { } pattern && await _store.FindPattern(tenant, pattern, target.PatternVersion) is null)
            return new Rejection("unknown-pattern", $"There is no pattern {pattern}{(target.PatternVersion is { } version ? $" version {version}" : "")}; register it first.");
        if (target.Workflow is { } workflow && await edges.Workflows.FindReference(tenant, workflow, target.Version) is null)
        {
            return new Rejection(
                "unknown-workflow", $"There is no workflow {workflow}{(target.Version is { } version ? $" version {version}" : "")}{await edges.Workflows.Suggest(tenant, workflow)}; register it first.");
        }

        return null;
    }

    private async Task<BackfillRun> Fill(StoredSchedule schedule, DateTimeOffset due, FiringOrigin? origin) =>
        await edges.Specs.Fire(schedule, new Firing(due, FiringCause.Backfill), FiringKeys.OfDue(schedule.Id, due), origin: origin) switch
        {
            CommandReply.Done done => new BackfillRun(due, done.JobId, true, null),
            CommandReply.Accepted accepted => new BackfillRun(due, accepted.JobId, true, null),
            CommandReply.Duplicate duplicate => new BackfillRun(due, duplicate.Existing, false, null),
            CommandReply.Refused refused => new BackfillRun(due, null, false, refused.Rejection.Message),
            CommandReply.Unavailable unavailable => new BackfillRun(due, null, false, unavailable.Cause),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary>What the book touches.</summary>
/// <param name="Tell">Is told of every change, after it is in the store.</param>
public sealed record ScheduleBookEdges(
    IScheduleStore Schedules, IJobStore Jobs, JobGateway Gateway, WorkflowCatalog Workflows, ScheduleJobs Specs, Action<ScheduleNotice> Tell, int LimitPerTenant = ScheduleLimits.PerTenant);
