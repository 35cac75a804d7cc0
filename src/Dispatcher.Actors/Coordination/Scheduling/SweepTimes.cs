using Dispatcher.Store;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Coordination.Scheduling;

/// <summary>When a schedule may have to be put away: counted from its creation, as its owner said.</summary>
internal static class SweepTimes
{
    /// <summary>Null when it stays for ever.</summary>
    public static DateTimeOffset? Of(StoredSchedule schedule) => Of(schedule.Definition, schedule.CreatedAt, schedule.ArchivedAt is not null);

    public static DateTimeOffset? Of(ScheduleDefinition definition, DateTimeOffset createdAt, bool isArchived)
    {
        var archive = isArchived ? null : definition.ArchiveAfter;
        var after = archive is { } first && definition.DeleteAfter is { } second ? first < second ? first : second : archive ?? definition.DeleteAfter;
        return createdAt + after;
    }
}
