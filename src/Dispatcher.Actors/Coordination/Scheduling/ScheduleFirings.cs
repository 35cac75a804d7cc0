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

    /// <summary>Fires what is due.</summary>
    /// <returns>What is to be noted; a schedule whose run could not be made now is not among them, and stays due.</returns>
    public async Task<IReadOnlyList<ScheduleAdvance>> FireDue(IReadOnlyList<StoredSchedule> due, DateTimeOffset now)
    {
        var last = await FindLastRuns(due);
        var plans = new Plan[due.Count];
        for (var i = 0; i < plans.Length; i++) plans[i] = await PlanOf(due[i], now, last);
        return await CarryOut(plans, now);
    }

    /// <summary>Fires what was held and waits for nothing any more.</summary>
    public async Task<IReadOnlyList<ScheduleAdvance>> FireHeld(IReadOnlyList<StoredSchedule> held, DateTimeOffset now)
    {
        var ready = new List<StoredSchedule>();
        foreach (var schedule in held)
        {
            if (await FirstUnmet(schedule) is null) ready.Add(schedule);
        }

        if (ready.Count == 0) return [];
        var last = await FindLastRuns(ready);
        var plans = ready.Select(schedule => Admit(schedule, new Firing(schedule.HeldDue!.Value, FiringCause.Dependency), last, schedule.Record) with { Next = schedule.Next });
        return await CarryOut([.. plans], now);
    }

    /// <summary>Of schedules that care whether their last run has ended.</summary>
    private async ValueTask<Dictionary<JobId, JobRow>> FindLastRuns(IReadOnlyList<StoredSchedule> due)
    {
        var ids = due.Where(schedule => schedule.Definition.Overlap != OverlapPolicy.Allow).Select(schedule => schedule.Record.LastJob).OfType<JobId>().ToList();
        return ids.Count == 0 ? [] : (await jobs.FindJobs(ids)).ToDictionary(row => row.Id);
    }

    private async ValueTask<Plan> PlanOf(StoredSchedule schedule, DateTimeOffset now, Dictionary<JobId, JobRow> last)
    {
        try
        {
            return await PlanOfDue(schedule, now, last);
        }
        catch (CronException exception)
        {
            // It was checked when it was written: this machine does not know the zone.
            return new Plan(schedule, null, null, null, schedule.HeldDue, schedule.Record with { Failed = schedule.Record.Failed + 1, Note = exception.Message });
        }
    }

    private async ValueTask<Plan> PlanOfDue(StoredSchedule schedule, DateTimeOffset now, Dictionary<JobId, JobRow> last)
    {
        var (definition, due) = (schedule.Definition, schedule.Next!.Value);
        var isLate = now - due.FireAt > ScheduleLimits.LateAfter;
        var times = new ScheduleTimes(schedule.Id, definition, schedule.CreatedAt);
        var next = times.Next(due.Due);
        var record = schedule.Record;
        if (isLate && definition.CatchUp != CatchUpPolicy.All)
        {
            var missed = Missed(times, next, now) + (definition.CatchUp == CatchUpPolicy.Skip ? 1 : 0);
            (next, record) = (times.Next(now), record with { Missed = record.Missed + missed });
            if (definition.CatchUp == CatchUpPolicy.Skip) return new Plan(schedule, null, null, next, schedule.HeldDue, record with { Note = $"The firing of {FiringLabels.TextOf(due.Due)} was missed." });
        }

        if (!definition.DependsOn.IsEmpty && (schedule.HeldDue is not null || await FirstUnmet(schedule) is not null))
            return new Plan(schedule, null, null, next, schedule.HeldDue ?? due.Due, record);
        return Admit(schedule, new Firing(due.Due, isLate ? FiringCause.CatchUp : FiringCause.Time), last, record) with { Next = next, Held = schedule.HeldDue };
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

    private static int Missed(ScheduleTimes times, FireTime? first, DateTimeOffset now)
    {
        var missed = 0;
        for (var next = first; next is { } time && time.FireAt <= now && missed < CountLimit; next = times.Next(time.Due)) missed++;
        return missed;
    }

    /// <summary>The first dependency without a run that has completed since this schedule's last run was made; null if there is none.</summary>
    private async ValueTask<string?> FirstUnmet(StoredSchedule schedule)
    {
        foreach (var dependency in schedule.Definition.DependsOn)
        {
            if (await schedules.FindSchedule(schedule.Tenant, dependency) is null) return dependency;
            if (!await runs.HasCompletedAfter(schedule.Tenant, dependency, schedule.Record.LastFiredAt)) return dependency;
        }

        return null;
    }

    private async Task<IReadOnlyList<ScheduleAdvance>> CarryOut(Plan[] plans, DateTimeOffset now)
    {
        var outcomes = await Task.WhenAll(plans.Select(plan => plan.Firing is { } firing ? Submit(plan, firing) : Task.FromResult<Outcome?>(null)));
        var advances = new List<ScheduleAdvance>(plans.Length);
        for (var i = 0; i < plans.Length; i++)
        {
            var plan = plans[i];
            if (outcomes[i] is { IsUnknown: true }) continue;
            var record = outcomes[i] is { } outcome ? Noted(plan, outcome, now) : plan.Record;
            advances.Add(new ScheduleAdvance(plan.Schedule.Tenant, plan.Schedule.Id, plan.Schedule.Version, plan.Next, plan.Held, record, plan.Schedule.ArchivedAt, SweepTimes.Of(plan.Schedule)));
        }

        return advances;
    }

    private async Task<Outcome?> Submit(Plan plan, Firing firing)
    {
        var (spec, refusal) = await specs.SpecFor(plan.Schedule, firing, ScheduleJobs.KeyOf(plan.Schedule.Id, firing.Due));
        if (refusal is not null) return new Outcome(null, refusal.Message);
        if (plan.After is { } after) spec = spec! with { DependsOn = [after], OnDependencyFailure = DependencyPolicy.Run };
        return await gateway.Submit(spec!, ScheduleJobs.Principal) switch
        {
            CommandReply.Done done => new Outcome(done.JobId, null),
            // Fired before, and not noted: by this node or by the coordinator before it.
            CommandReply.Duplicate duplicate => new Outcome(duplicate.Existing, null),
            CommandReply.Accepted accepted => new Outcome(accepted.JobId, null),
            CommandReply.Refused refused => new Outcome(null, refused.Rejection.Message),
            _ => new Outcome(null, null),
        };
    }

    private FiringRecord Noted(Plan plan, Outcome outcome, DateTimeOffset now)
    {
        var due = plan.Firing!.Due;
        if (outcome.Job is { } job) return plan.Record with { LastDue = due, LastFiredAt = now, LastJob = job, Fired = plan.Record.Fired + 1, Note = null };
        tell(new ScheduleNotice(ScheduleChange.Failed, plan.Schedule.Tenant, plan.Schedule.Id, now, plan.Schedule.Definition.Name, outcome.Fault));
        return plan.Record with { LastDue = due, Failed = plan.Record.Failed + 1, Note = outcome.Fault };
    }

    /// <param name="Firing">What is to be fired; null for nothing.</param>
    /// <param name="After">The run whose end the new one waits for.</param>
    private sealed record Plan(StoredSchedule Schedule, Firing? Firing, JobId? After, FireTime? Next, DateTimeOffset? Held, FiringRecord Record);

    /// <summary>Neither a job nor a fault: not known.</summary>
    private sealed record Outcome(JobId? Job, string? Fault)
    {
        public bool IsUnknown => Job is null && Fault is null;
    }
}
