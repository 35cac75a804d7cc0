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

    /// <summary>Dependencies, or runs, that are looked up at once.</summary>
    private const int ChunkLimit = 1000;

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
        var cancelled = await FindCancelled(due);
        var made = await FindMade(due, now);
        return await CarryOut([.. due.Select(Planned)], now, lookedAt);

        Plan Planned(StoredSchedule schedule) => cancelled.TryGetValue(schedule.Key, out var by)
            ? CancelOf(schedule, by, now)
            : PlanOf(schedule, now, last, schedule.HeldDue is not null || waiting.Contains(schedule), made.GetValueOrDefault(schedule));
    }

    /// <summary>Ends what an event has cancelled before it was due.</summary>
    /// <returns>What is to be noted; a schedule that has fired already, though that is not noted yet, is not among them.</returns>
    public async Task<IReadOnlyList<ScheduleAdvance>> Cancel(IReadOnlyList<StoredSchedule> found, DateTimeOffset now)
    {
        var cancelled = await FindCancelled(found);
        return await CarryOut([.. found.Where(schedule => cancelled.ContainsKey(schedule.Key)).Select(schedule => CancelOf(schedule, cancelled[schedule.Key], now))], now, lookedAt: now);
    }

    /// <summary>Tells people of those that were cancelled, once it is noted.</summary>
    public void TellCancelled(IEnumerable<ScheduleAdvance> noted)
    {
        foreach (var advance in noted)
        {
            if (advance is { Record.Cancelled.By: { } by, Tells: { Event: ScheduleEventKind.Updated } told })
                tell(new ScheduleNotice(ScheduleChange.Updated, advance.Tenant, advance.Id, told.At, ScheduleStatus.Over, Reason: $"cancelled by scheduler.job_{by.Event.ToText()}:{by.Schedule}"));
        }
    }

    /// <summary>What has cancelled those of the schedules that do not fire for it.</summary>
    private async ValueTask<IReadOnlyDictionary<ScheduleKey, ScheduleHappening>> FindCancelled(IEnumerable<StoredSchedule> asked)
    {
        var found = new Dictionary<ScheduleKey, ScheduleHappening>();
        foreach (var chunk in asked.Where(schedule => !schedule.Definition.CancelOn.IsEmpty).Chunk(ChunkLimit))
        {
            var happened = await schedules.FindCancellations([.. chunk.Select(schedule => schedule.Key)]);
            var inTime = chunk.Where(schedule => happened.TryGetValue(schedule.Key, out var by) && by.At < schedule.Next?.Due).ToList();
            // A coordinator that saw nothing of the event may have made the run, and have been replaced before it could note that. Then it has fired.
            var fired = await FindFired(inTime);
            for (var i = 0; i < inTime.Count; i++)
            {
                if (fired[i] is null) found[inTime[i].Key] = happened[inTime[i].Key];
            }
        }

        return found;
    }

    /// <summary>The job that each of these has made for the time at which it is due now, noted or not; null if none.</summary>
    private ValueTask<IReadOnlyList<JobId?>> FindFired(IReadOnlyList<StoredSchedule> due) =>
        jobs.FindHolders([.. due.Select(schedule => Claim.OnKey(schedule.Tenant, FiringKeys.OfDue(schedule.Id, schedule.Next!.Value.Due)))]);

    private static Plan CancelOf(StoredSchedule schedule, ScheduleHappening by, DateTimeOffset now) =>
        new(schedule, null, null, null, schedule.HeldDue, schedule.Record with { Cancelled = new ScheduleCancellation(schedule.Definition.At!.Value, by) })
        {
            Tells = new ScheduleHappening(schedule.Id, ScheduleEventKind.Updated, now),
        };

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

    /// <summary>Of schedules that care whether their last run has ended, with the runs for which these wait.</summary>
    private async ValueTask<Dictionary<JobId, JobRow>> FindLastRuns(IReadOnlyList<StoredSchedule> due)
    {
        var ids = due.Where(schedule => schedule.Definition.Overlap != OverlapPolicy.Allow)
            .SelectMany(schedule => new[] { schedule.Record.LastJob, schedule.Record.LastAfter }).OfType<JobId>();
        var rows = new Dictionary<JobId, JobRow>();
        foreach (var chunk in ids.Chunk(ChunkLimit))
        {
            foreach (var row in await jobs.FindJobs(chunk)) rows[row.Id] = row;
        }

        return rows;
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
        var late = due.Where(schedule => IsLate(schedule, now) && schedule.Definition.CatchUp != CatchUpPolicy.All).ToList();
        var made = new Dictionary<StoredSchedule, JobRow>(ReferenceEqualityComparer.Instance);
        foreach (var chunk in late.Chunk(ChunkLimit))
        {
            var fired = await FindFired(chunk);
            var rows = (await jobs.FindJobs([.. fired.OfType<JobId>()])).ToDictionary(row => row.Id);
            for (var i = 0; i < chunk.Length; i++)
            {
                if (fired[i] is { } id && rows.TryGetValue(id, out var run) && ScheduleRuns.IsRunOf(run, chunk[i].Id)) made.Add(chunk[i], run);
            }
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
        var next = times.Next(due.Due);
        var record = schedule.Record;
        if (isLate && definition.CatchUp == CatchUpPolicy.All)
        {
            // Whoever makes up for them one after the other has counted when it began.
            var missed = now - record.LastFiredAt <= ScheduleLimits.LateAfter ? 0 : Count(times, due.Due, time => time.FireAt <= now);
            if (missed >= ScheduleLimits.CatchUpFirings) return SkipOldest(schedule, times, now);
        }
        else if (isLate)
        {
            (next, var missed) = PassOverMissed(times, due, now);
            record = record with { Missed = record.Missed + missed };
            if (definition.CatchUp == CatchUpPolicy.Skip) return LeftOut(schedule, next, record, due.Due);
        }

        if (waits) return new Plan(schedule, null, null, next, schedule.HeldDue ?? due.Due, record);
        return Admit(schedule, new Firing(due.Due, isLate ? FiringCause.CatchUp : FiringCause.Time), last, record) with { Next = next, Held = schedule.HeldDue };
    }

    /// <summary>Notes a run that is there already. It stands for its own time, and one that made up for others for those that were missed when it was made.</summary>
    private static Plan PlanOfMade(StoredSchedule schedule, JobRow run)
    {
        var due = schedule.Next!.Value;
        var times = new ScheduleTimes(schedule.Id, schedule.Definition, schedule.CreatedAt);
        var (next, missed) = ScheduleRuns.IsOf(run, FiringCause.CatchUp) ? PassOverMissed(times, due, run.CreatedAt) : (times.Next(due.Due), 0);
        var record = schedule.Record with { Missed = schedule.Record.Missed + missed };
        return new Plan(schedule, null, null, next, schedule.HeldDue, Noted(record, due.Due, run.Id, after: null, run.CreatedAt));
    }

    /// <summary>Of those that are due after a firing: the first that was not missed, though it may be a little late or wait for its jitter, and how many were.</summary>
    private static (FireTime? Next, int Missed) PassOverMissed(ScheduleTimes times, FireTime firing, DateTimeOffset now)
    {
        var lateUntil = now - ScheduleLimits.LateAfter - Instant;
        return (times.NextAhead(firing.Due, lateUntil), Count(times, firing.Due, time => time.FireAt <= lateUntil));
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
            if (Count(times, middle, time => time.FireAt <= now) > ScheduleLimits.CatchUpFirings) tooMany = middle;
            else few = middle;
        }

        return LeftOut(schedule, times.Next(few), schedule.Record with { Missed = schedule.Record.Missed + Count(times, due, time => time.Due <= few) }, due);
    }

    /// <summary>Looks whether the last run has ended, if that matters.</summary>
    private static Plan Admit(StoredSchedule schedule, Firing firing, Dictionary<JobId, JobRow> last, FiringRecord record)
    {
        // One that was kept may have been cancelled before the run ended for which it waited.
        var running = Unended(schedule.Record.LastJob, last) ?? Unended(schedule.Record.LastAfter, last);
        if (running is null) return new Plan(schedule, firing, null, null, null, record);
        // One that waits for its predecessor's end is the one that was kept.
        if (schedule.Definition.Overlap == OverlapPolicy.BufferOne && running.Status != JobStatus.Waiting) return new Plan(schedule, firing, running.Id, null, null, record);
        var note = $"The firing of {FiringLabels.TextOf(firing.Due)} was left out: the run {running.Id} has not ended.";
        return new Plan(schedule, null, null, null, null, record with { Skipped = record.Skipped + 1, LastDue = firing.Due, Note = note });
    }

    private static JobRow? Unended(JobId? run, Dictionary<JobId, JobRow> last) => run is { } id && last.TryGetValue(id, out var row) && !row.Status.IsTerminal() ? row : null;

    /// <summary>Firings that were due after a time, up to the first that does not count, to the limit and one more.</summary>
    private static int Count(ScheduleTimes times, DateTimeOffset after, Func<FireTime, bool> counts)
    {
        var count = 0;
        for (var next = times.Next(after); next is { } time && counts(time) && count <= CountLimit; next = times.Next(time.Due)) count++;
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
            var told = outcomes[i] is { Fault: not null } ? new ScheduleHappening(plan.Schedule.Id, ScheduleEventKind.Failed, now) : plan.Tells;
            advances.Add(ScheduleAdvance.Of(plan.Schedule, plan.Next, plan.Held, record, SweepTimes.Of(plan.Schedule)) with { Tells = told });
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
        if (outcome.Job is { } job) return Noted(plan.Record, due, job, plan.After, outcome.MadeAt ?? lookedAt);
        tell(new ScheduleNotice(ScheduleChange.Failed, plan.Schedule.Tenant, plan.Schedule.Id, now, ScheduleStatuses.Of(plan.Schedule, now), plan.Schedule.Definition.Name, outcome.Fault));
        return plan.Record with { LastDue = due, Failed = plan.Record.Failed + 1, Note = outcome.Fault };
    }

    private static FiringRecord Noted(FiringRecord record, DateTimeOffset due, JobId run, JobId? after, DateTimeOffset firedAt) => record with
    {
        LastDue = due,
        LastFiredAt = record.LastFiredAt > firedAt ? record.LastFiredAt : firedAt,
        LastJob = run,
        LastAfter = after,
        Fired = record.Fired + 1,
        Note = null,
    };

    /// <param name="Firing">What is to be fired; null for nothing.</param>
    /// <param name="After">The run whose end the new one waits for.</param>
    private sealed record Plan(StoredSchedule Schedule, Firing? Firing, JobId? After, FireTime? Next, DateTimeOffset? Held, FiringRecord Record)
    {
        /// <summary>What happens to the schedule, whatever becomes of the firing.</summary>
        public ScheduleHappening? Tells { get; init; }
    }

    /// <summary>Neither a job nor a fault: not known.</summary>
    private sealed record Outcome(JobId? Job, string? Fault)
    {
        /// <summary>When the run was made, if that was before.</summary>
        public DateTimeOffset? MadeAt { get; init; }

        public bool IsUnknown => Job is null && Fault is null;
    }
}
