using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Coordination.Scheduling;

/// <summary>Something happened to a schedule that no job's journal tells. Told once, to those who listen now.</summary>
/// <param name="Change">What it was.</param>
/// <param name="Status">What the schedule does then.</param>
/// <param name="Name">What people call the schedule; null where that is not known any more.</param>
/// <param name="Reason">Why a firing made no run.</param>
public sealed record ScheduleNotice(ScheduleChange Change, string Tenant, string Schedule, DateTimeOffset At, ScheduleStatus Status, string? Name = null, string? Reason = null)
{
    private const char Separator = '|';

    /// <summary>As it goes to other nodes; names and reasons stay at home, since a hint is short.</summary>
    public string ToHint(long sender) => string.Join(
        Separator, Change.ToString(), Tenant, Schedule, FiringLabels.TextOf(At), sender.ToString(System.Globalization.CultureInfo.InvariantCulture), Status.ToString());

    /// <summary>Null for a hint of one's own, or what this version does not know.</summary>
    public static ScheduleNotice? OfHint(string text, long receiver)
    {
        var parts = text.Split(Separator);
        if (parts.Length != 6 || !Enum.TryParse<ScheduleChange>(parts[0], out var change) || !Enum.TryParse<ScheduleStatus>(parts[5], out var status)) return null;
        if (parts[4] == receiver.ToString(System.Globalization.CultureInfo.InvariantCulture)) return null;
        return DateTimeOffset.TryParse(parts[3], System.Globalization.CultureInfo.InvariantCulture, out var at) ? new ScheduleNotice(change, parts[1], parts[2], at, status) : null;
    }
}

public enum ScheduleChange
{
    Created,
    Updated,
    Deleted,

    /// <summary>A firing could make no run.</summary>
    Failed,
}
