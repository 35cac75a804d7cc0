using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Coordination.Scheduling;

/// <summary>Archives and deletes schedules that are over, when their owners said so. Their runs are jobs, and retention's.</summary>
internal sealed class ScheduleSweeper(IScheduleStore schedules, IJobStore jobs, Action<ScheduleNotice> tell)
{
    private const int BatchLimit = 1000;

    /// <summary>One that is not over yet is looked at again after this time.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromHours(1);

    public async ValueTask Sweep(long? term, DateTimeOffset now)
    {
        while (true)
        {
            var found = await schedules.ReadSweptSchedules(now, BatchLimit);
            var advances = new List<ScheduleAdvance>();
            foreach (var schedule in found)
            {
                if (await IsOver(schedule, now) && IsToBeDeleted(schedule, now)) await Delete(schedule, now);
                else advances.Add(await Advance(schedule, now));
            }

            if (advances.Count > 0 && !await schedules.AdvanceSchedules(term, advances)) return;
            foreach (var archived in advances.Where(advance => advance.ArchivedAt == now))
                tell(new ScheduleNotice(ScheduleChange.Updated, archived.Tenant, archived.Id, now, ScheduleStatus.Archived));
            if (found.Count < BatchLimit) return;
        }
    }

    private async ValueTask<ScheduleAdvance> Advance(StoredSchedule schedule, DateTimeOffset now)
    {
        var archives = schedule is { ArchivedAt: null, Definition.ArchiveAfter: { } after } && schedule.CreatedAt + after <= now && await IsOver(schedule, now);
        DateTimeOffset? archivedAt = archives ? now : schedule.ArchivedAt;
        var sweepAt = archives ? SweepTimes.Of(schedule.Definition, schedule.CreatedAt, isArchived: true) : now + LookAgain;
        return ScheduleAdvance.Of(schedule, schedule.Next, schedule.HeldDue, schedule.Record, sweepAt) with
        {
            ArchivedAt = archivedAt,
            Tells = archives ? new ScheduleHappening(schedule.Id, ScheduleEventKind.Updated, now) : null,
        };
    }

    private async ValueTask Delete(StoredSchedule schedule, DateTimeOffset now)
    {
        if (await schedules.DeleteSchedule(schedule.Tenant, schedule.Id, schedule.Version, now) is ScheduleWrite.Done)
            tell(new ScheduleNotice(ScheduleChange.Deleted, schedule.Tenant, schedule.Id, now, ScheduleStatuses.Of(schedule, now), schedule.Definition.Name));
    }

    private static bool IsToBeDeleted(StoredSchedule schedule, DateTimeOffset now) => schedule.Definition.DeleteAfter is { } after && schedule.CreatedAt + after <= now;

    /// <summary>Nothing comes any more, and what was fired last has completed.</summary>
    private async ValueTask<bool> IsOver(StoredSchedule schedule, DateTimeOffset now)
    {
        if (!ScheduleStatuses.IsOver(schedule, now)) return false;
        return schedule.Record.LastJob is not { } last || await jobs.FindJob(last) is null or { Status: JobStatus.Completed };
    }
}
