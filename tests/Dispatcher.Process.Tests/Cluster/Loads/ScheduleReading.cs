using System.Text.Json;

namespace Dispatcher.Process.Tests.Cluster.Loads;

/// <summary>What a schedule said of itself at one instant.</summary>
/// <param name="NextDue">When it is due next; all before is told in the numbers.</param>
internal sealed record ScheduleReading(DateTimeOffset CreatedAt, DateTimeOffset NextDue, long Fired, long Skipped, long Missed, long Failed)
{
    public static ScheduleReading Of(JsonElement schedule)
    {
        var firings = schedule.GetProperty("firings");
        return new ScheduleReading(
            schedule.GetProperty("created_at").GetDateTimeOffset(),
            schedule.GetProperty("next_due").GetDateTimeOffset(),
            firings.GetProperty("fired").GetInt64(),
            firings.GetProperty("skipped").GetInt64(),
            firings.GetProperty("missed").GetInt64(),
            firings.GetProperty("failed").GetInt64());
    }

    /// <summary>Each due time so far was fired, left out or missed, and is counted once.</summary>
    public string? FaultOf(ScheduleKind kind)
    {
        if (Failed > 0) return $"{this} says that firings could make no run";
        var dues = kind.DuesIn(kind.DueAfter(CreatedAt), NextDue);
        return Fired + Skipped + Missed == dues ? null : $"{this} does not add up to the {dues} times that it was due";
    }
}
