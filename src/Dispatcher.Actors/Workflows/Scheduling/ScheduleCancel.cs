using System.Text.Json.Serialization;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows.Scheduling;

/// <summary>An event after which a schedule that fires once does not fire any more.</summary>
/// <param name="Schedule">Whose event it is; null: that of any other schedule of the tenant.</param>
public sealed record ScheduleCancel(ScheduleEventKind Event, string? Schedule = null);

/// <summary>What happens to schedules and their runs, as those who follow schedules are told.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<ScheduleEventKind>))]
public enum ScheduleEventKind
{
    /// <summary>The schedule is there.</summary>
    Created,

    /// <summary>It was changed, paused, resumed, archived or cancelled.</summary>
    Updated,

    Deleted,

    /// <summary>A run of it, whatever made it, has started.</summary>
    Started,

    /// <summary>A run of it has completed.</summary>
    Completed,

    /// <summary>A run of it has failed or was cancelled, or a firing could make none.</summary>
    Failed,
}
