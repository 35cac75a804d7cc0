namespace Dispatcher.Workflows.Scheduling;

/// <summary>Time zones by their IANA names, as the operating system knows them.</summary>
public static class ScheduleZone
{
    private const int LimitCharacters = 64;

    /// <summary>The zone with this name; null if there is none.</summary>
    public static TimeZoneInfo? Find(string name)
    {
        if (name is "UTC" or "Etc/UTC") return TimeZoneInfo.Utc;
        // The name becomes a path below the system's zones, so nothing else may be in it.
        if (name.Length is 0 or > LimitCharacters || !char.IsAsciiLetter(name[0]) || !name.All(IsAllowed) || name.Contains("//", StringComparison.Ordinal)) return null;
        return TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId ? zone : null;
    }

    public static string FaultOf(string name) => $"'{Suggestion.Clip(name)}' is no IANA time zone; write one such as UTC, Europe/Berlin or America/New_York";

    private static bool IsAllowed(char c) => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+';
}
