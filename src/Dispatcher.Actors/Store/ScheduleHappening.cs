using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Store;

/// <summary>Something that has happened to a schedule or to a run of it.</summary>
/// <param name="Schedule">Whose event it is.</param>
public sealed record ScheduleHappening(string Schedule, ScheduleEventKind Event, DateTimeOffset At);

/// <summary>A firing that does not come, since something else happened before.</summary>
/// <param name="Due">When it would have been due.</param>
public sealed record ScheduleCancellation(DateTimeOffset Due, ScheduleHappening By);

/// <summary>What the events of a job tell about the schedule whose run it is.</summary>
internal static class RunHappenings
{
    public static bool TryOf(string schedule, EncodedEvent told, out ScheduleHappening happening)
    {
        ScheduleEventKind? kind = told.Type switch
        {
            "job.started" => ScheduleEventKind.Started,
            "job.completed" => ScheduleEventKind.Completed,
            "job.failed" or "job.cancelled" or "job.rejected" => ScheduleEventKind.Failed,
            _ => null,
        };
        happening = new ScheduleHappening(schedule, kind ?? default, told.At);
        return kind is not null;
    }
}
