using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Coordination.Scheduling;

/// <summary>Fires schedules whose time has come: makes their jobs, all at once, and tells what is to be noted.</summary>
internal sealed class ScheduleFirings(IScheduleStore schedules, IJobStore jobs, JobGateway gateway, ScheduleJobs specs, ScheduleRuns runs, Action<ScheduleNotice> tell)
{
    /// <summary>Left-out firings are counted no further than this.</summary>
    private const int CountLimit = 1000;

    /// <summary>Dependencies that are looked up at once.</summary>
    private const int ChunkLimit = 1000;

    /// <summary>Runs that are looked up at once, so that others find a connection of the store free.</summary>
    private const int LookupLimit = 8;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Instant = new(1);

    /// <summary>Fires what is due.</summary>
    /// <returns>What is to be noted; a schedule whose run could not be made now is not among them, and stays due.</returns>
    public async Task<IReadOnlyList<ScheduleAdvance>> FireDue(IReadOnlyList<StoredSchedule> due, DateTimeOffset now)
    {
        var lookedAt = gateway.Now;
        var last = await FindLastRuns(due);
        // A firing that was held stands for those that come due meanwhile.
        var waiting = await FindWaiting(due.Where(schedule => schedule.HeldDue is null));
        var made = await FindMade(due, now);
        return await CarryOut([.. due.Select(schedule => PlanOf(schedule, now, last, schedule.HeldDue is not null || waiting.Contains(schedule), made.GetValueOrDefault(schedule)))], now, lookedAt);
    }

    /// <summary>Fires what was held and waits for nothing any more.</summary>
    /// <param name="held">A firing of a schedule that is paused stays held until it goes on.</param>
    /// <returns>As <see cref="FireDue"/>, and how many were to be fired.</returns>
    public async Task<(IReadOnlyList<ScheduleAdvance> Advances, int Ready)> FireHeld(IReadOnlyList<StoredSchedule> held, DateTimeOffset now)
    {
        var lookedAt = gateway.Now;
        var active = held.Where(schedule => ScheduleStatuses.Of(schedule, now) == ScheduleStatus.Active).ToList();
        var waiting = await FindWaiting(active);
        var ready = active.Where(schedule => !waiting.Contains(schedule)).ToList();
        if (ready.Count == 0) return ([], 0);
        var last = await FindLastRuns(ready);
        var plans = ready.Select(schedule => Admit(schedule, new Firing(schedule.HeldDue!.Value, FiringCause.Dependency), last, schedule.Record) with { Next = schedule.Next });
        return (await CarryOut([.. plans], now, lookedAt), ready.Count);
    }

    /// <summary>Of schedules that care whether their last run has ended.</summary>
    private async ValueTask<Dictionary<JobId, JobRow>> FindLastRuns(IReadOnlyList<StoredSchedule> due)
    {
        var ids = due.Where(schedule => schedule.Definition.Overlap != OverlapPolicy.Allow).Select(schedule => schedule.Record.LastJob).OfType<JobId>().ToList();
        return ids.Count == 0 ? [] : (await jobs.FindJobs(ids)).ToDictionary(row => row.Id);
    }

    /// <summary>Those of which a dependency is gone, or has no run that has completed since this schedule's last firing made one.</summary>
    private async ValueTask<HashSet<StoredSchedule>> FindWaiting(IEnumerable<StoredSchedule> asked)
    {
        var waiting = new HashSet<StoredSchedule>(ReferenceEqualityComparer.Instance);
        var needs = asked.SelectMany(schedule => schedule.Definition.DependsOn.Select(id => (Schedule: schedule, Of: new ScheduleKey(schedule.Tenant, id))));
        foreach (var chunk in needs.Chunk(ChunkLimit))
        {
            var known = await schedules.FindKnown([.. chunk.Select(need => need.Of).Distinct()]);
            var met = await runs.FindMet([.. chunk.Select(need => new ScheduleNeed(need.Of, need.Schedule.Record.LastFiredAt))]);
            for (var i = 0; i < chunk.Length; i++)
            {
                if (met[i] is null || !known.Contains(chunk[i].Of)) waiting.Add(chunk[i].Schedule);
            }
        }

        return waiting;
    }

    /// <summary>Of late firings the runs that were made all the same, by a process that died before it noted them. Who makes up for all finds them when it fires again.</summary>
    private async Task<Dictionary<StoredSchedule, JobRow>> FindMade(IReadOnlyList<StoredSchedule> due, DateTimeOffset now)
    {
        var late = due.Where(schedule => IsLate(schedule, now) && schedule.Definition.CatchUp != CatchUpPolicy.All);
        var made = new Dictionary<StoredSchedule, JobRow>(ReferenceEqualityComparer.Instance);
        foreach (var chunk in late.Chunk(LookupLimit))
        {
            var found = await Task.WhenAll(chunk.Select(schedule => runs.FindMade(schedule.Tenant, schedule.Id, schedule.Next!.Value.Due).AsTask()));
            for (var i = 0; i < chunk.Length; i++) if (found[i] is { } run) made.Add(chunk[i], run);
        }

        return made;
    }

    private static bool IsLate(StoredSchedule schedule, DateTimeOffset now) => now - schedule.Next!.Value.FireAt > ScheduleLimits.LateAfter;

    private static Plan PlanOf(StoredSchedule schedule, DateTimeOffset now, Dictionary<JobId, JobRow> last, bool waits, JobRow? made)
    {
        try
        {
            return made is null ? PlanOfDue(schedule, now, last, waits) : PlanOfMade(schedule, made);
        }
        catch (CronException exception)
        {
            // It was checked when it was written: this machine does not know the zone.
            return new Plan(schedule, null, null, null, schedule.HeldDue, schedule.Record with { Failed = schedule.Record.Failed + 1, Note = exception.Message });
        }
    }

    private static Plan PlanOfDue(StoredSchedule schedule, DateTimeOffset now, Dictionary<JobId, JobRow> last, bool waits)
    {
        var (definition, due) = (schedule.Definition, schedule.Next!.Value);
        var isLate = IsLate(schedule, now);
        var times = new ScheduleTimes(schedule.Id, definition, schedule.CreatedAt);
        var next = times.Next(due);
        var record = schedule.Record;
        if (isLate && definition.CatchUp == CatchUpPolicy.All)
        {
            // Whoever makes up for them one after the other has counted when it began.
            var missed = now - record.LastFiredAt <= ScheduleLimits.LateAfter ? 0 : Count(times, next, now);
            if (missed >= ScheduleLimits.CatchUpFirings) return SkipOldest(schedule, times, now);
        }
        else if (isLate)
        {
            (next, var missed) = PassOverMissed(definition, times, due, now);
            record = record with { Missed = record.Missed + missed };
            if (definition.CatchUp == CatchUpPolicy.Skip) return LeftOut(schedule, next, record, due.Due);
        }

        if (waits) return new Plan(schedule, null, null, next, schedule.HeldDue ?? due.Due, record);
        return Admit(schedule, new Firing(due.Due, isLate ? FiringCause.CatchUp : FiringCause.Time), last, record) with { Next = next, Held = schedule.HeldDue };
    }

    /// <summary>Notes a run that is there already. It stands for its own time, and one that made up for others for those that were missed when it was made.</summary>
    private static Plan PlanOfMade(StoredSchedule schedule, JobRow run)
    {
        var (definition, due) = (schedule.Definition, schedule.Next!.Value);
        var times = new ScheduleTimes(schedule.Id, definition, schedule.CreatedAt);
        var (next, missed) = ScheduleRuns.IsOf(run, FiringCause.CatchUp) ? PassOverMissed(definition, times, due, run.CreatedAt) : (times.Next(due), 0);
        var record = schedule.Record with { Missed = schedule.Record.Missed + missed };
        return new Plan(schedule, null, null, next, schedule.HeldDue, Noted(record, due.Due, run.Id, run.CreatedAt));
    }

    /// <summary>Of those that are due after a firing: the first that was not missed, though it may be a little late or wait for its jitter, and how many were.</summary>
    private static (FireTime? Next, int Missed) PassOverMissed(ScheduleDefinition definition, ScheduleTimes times, FireTime firing, DateTimeOffset now)
    {
        var lateUntil = now - ScheduleLimits.LateAfter - Instant;
        var missed = Count(times, times.Next(firing), lateUntil);
        // What was due by then has happened by the end of what is late, whatever its jitter.
        var from = lateUntil - definition.Jitter;
        var next = from > firing.Due ? times.Next(from) : times.Next(firing);
        while (next is { } time && time.FireAt <= lateUntil) next = times.Next(time);
        return (next, missed);
    }

    private static Plan LeftOut(StoredSchedule schedule, FireTime? next, FiringRecord record, DateTimeOffset due) => new(
        schedule, null, null, next, schedule.HeldDue, record with { Missed = record.Missed + 1, Note = $"The firing of {FiringLabels.TextOf(due)} was missed." });

    /// <summary>More were missed than are made up for: goes on with the newest, <see cref="ScheduleLimits.CatchUpFirings"/> at the most. What it leaves out a backfill can make.</summary>
    private static Plan SkipOldest(StoredSchedule schedule, ScheduleTimes times, DateTimeOffset now)
    {
        var due = schedule.Next!.Value.Due;
        // After one of the two there are too many, after the other not.
        var (tooMany, few) = (due, now);
        while (few - tooMany > Second)
        {
            var middle = tooMany + ((few - tooMany) / 2);
            if (Count(times, times.Next(middle), now) > ScheduleLimits.CatchUpFirings) tooMany = middle;
            else few = middle;
        }

        return LeftOut(schedule, times.Next(few), schedule.Record with { Missed = schedule.Record.Missed + Count(times, times.Next(due), few) }, due);
    }

    /// <summary>Looks whether the last run has ended, if that matters.</summary>
    private static Plan Admit(StoredSchedule schedule, Firing firing, Dictionary<JobId, JobRow> last, FiringRecord record)
    {
        var running = schedule.Record.LastJob is { } id && last.TryGetValue(id, out var row) && !row.Status.IsTerminal() ? row : null;
        if (running is null) return new Plan(schedule, firing, null, null, null, record);
        // One that waits for its predecessor's end is the one that was kept.
        if (schedule.Definition.Overlap == OverlapPolicy.BufferOne && running.Status != JobStatus.Waiting) return new Plan(schedule, firing, running.Id, null, null, record);
        var note = $"The firing of {FiringLabels.TextOf(firing.Due)} was left out: the run {running.Id} has not ended.";
        return new Plan(schedule, null, null, null, null, record with { Skipped = record.Skipped + 1, LastDue = firing.Due, Note = note });
    }

    /// <summary>Firings from the first on that have come until now, counted to the limit and one more.</summary>
    private static int Count(ScheduleTimes times, FireTime? first, DateTimeOffset now)
    {
        var count = 0;
        for (var next = first; next is { } time && time.FireAt <= now && count <= CountLimit; next = times.Next(time)) count++;
        return count;
    }

    /// <param name="lookedAt">When dependencies were looked up, by the clock that stamps the ends of runs: what ends from then on counts for the next firing.</param>
    private async Task<IReadOnlyList<ScheduleAdvance>> CarryOut(Plan[] plans, DateTimeOffset now, DateTimeOffset lookedAt)
    {
        var outcomes = await Task.WhenAll(plans.Select(plan => plan.Firing is { } firing ? Submit(plan, firing) : Task.FromResult<Outcome?>(null)));
        var advances = new List<ScheduleAdvance>(plans.Length);
        for (var i = 0; i < plans.Length; i++)
        {
            var plan = plans[i];
            if (outcomes[i] is { IsUnknown: true }) continue;
            var record = outcomes[i] is { } outcome ? Noted(plan, outcome, now, lookedAt) : plan.Record;
            advances.Add(ScheduleAdvance.Of(plan.Schedule, plan.Next, plan.Held, record, SweepTimes.Of(plan.Schedule)));
        }

        return advances;
    }

    private async Task<Outcome?> Submit(Plan plan, Firing firing) => await specs.Fire(plan.Schedule, firing, FiringKeys.OfDue(plan.Schedule.Id, firing.Due), after: plan.After) switch
    {
        CommandReply.Done done => new Outcome(done.JobId, null),
        // Fired before, and not noted: by this node or by the coordinator before it.
        CommandReply.Duplicate duplicate => new Outcome(duplicate.Existing, null) { MadeAt = (await jobs.FindJob(duplicate.Existing))?.CreatedAt },
        CommandReply.Accepted accepted => new Outcome(accepted.JobId, null),
        CommandReply.Refused refused => new Outcome(null, refused.Rejection.Message),
        _ => new Outcome(null, null),
    };

    private FiringRecord Noted(Plan plan, Outcome outcome, DateTimeOffset now, DateTimeOffset lookedAt)
    {
        var due = plan.Firing!.Due;
        if (outcome.Job is { } job) return Noted(plan.Record, due, job, outcome.MadeAt ?? lookedAt);
        tell(new ScheduleNotice(ScheduleChange.Failed, plan.Schedule.Tenant, plan.Schedule.Id, now, ScheduleStatuses.Of(plan.Schedule, now), plan.Schedule.Definition.Name, outcome.Fault));
        return plan.Record with { LastDue = due, Failed = plan.Record.Failed + 1, Note = outcome.Fault };
    }

    private static FiringRecord Noted(FiringRecord record, DateTimeOffset due, JobId run, DateTimeOffset firedAt) =>
        record with { LastDue = due, LastFiredAt = record.LastFiredAt > firedAt ? record.LastFiredAt : firedAt, LastJob = run, Fired = record.Fired + 1, Note = null };

    /// <param name="Firing">What is to be fired; null for nothing.</param>
    /// <param name="After">The run whose end the new one waits for.</param>
    private sealed record Plan(StoredSchedule Schedule, Firing? Firing, JobId? After, FireTime? Next, DateTimeOffset? Held, FiringRecord Record);

    /// <summary>Neither a job nor a fault: not known.</summary>
    private sealed record Outcome(JobId? Job, string? Fault)
    {
        /// <summary>When the run was made, if that was before.</summary>
        public DateTimeOffset? MadeAt { get; init; }

        public bool IsUnknown => Job is null && Fault is null;
    }
}
