using Dispatcher.Store;

namespace Dispatcher.Coordination.Scheduling;

/// <summary>What a schedule does now.</summary>
public enum ScheduleStatus
{
    /// <summary>It fires when it is due, or when somebody says so.</summary>
    Active,

    /// <summary>It does not fire by itself until somebody resumes it, or until a time.</summary>
    Paused,

    Disabled,

    /// <summary>It was due for the last time.</summary>
    Over,

    /// <summary>It was over, and was put away.</summary>
    Archived,
}

public static class ScheduleStatuses
{
    public static ScheduleStatus Of(StoredSchedule schedule, DateTimeOffset now) => schedule switch
    {
        { ArchivedAt: not null } => ScheduleStatus.Archived,
        { Definition.Enabled: false } => ScheduleStatus.Disabled,
        { Definition.Pause: { } pause } when pause.HoldsAt(now) => ScheduleStatus.Paused,
        _ => IsOver(schedule, now) ? ScheduleStatus.Over : ScheduleStatus.Active,
    };

    /// <summary>It had times, and none is left. One that waits for somebody is not over.</summary>
    public static bool IsOver(StoredSchedule schedule, DateTimeOffset now) =>
        schedule is { Next: null, HeldDue: null, Definition: { Enabled: true } definition }
        && (definition.Cron is not null || definition.At is not null)
        && definition.Pause?.HoldsAt(now) != true;
}
