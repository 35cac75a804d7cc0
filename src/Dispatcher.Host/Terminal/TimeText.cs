using System.Globalization;

namespace Dispatcher.Host.Terminal;

/// <summary>Times and durations as people read them.</summary>
internal static class TimeText
{
    /// <summary><c>850 ms</c>, <c>1.2 s</c>, <c>2 m 05 s</c>, <c>3 h 07 m</c>, <c>2 d 04 h</c>.</summary>
    public static string Of(TimeSpan duration)
    {
        if (duration < TimeSpan.Zero) duration = TimeSpan.Zero;
        var culture = CultureInfo.InvariantCulture;
        return duration switch
        {
            { TotalMilliseconds: < 999.5 } => string.Create(culture, $"{duration.TotalMilliseconds:0} ms"),
            { TotalSeconds: < 59.95 } => string.Create(culture, $"{duration.TotalSeconds:0.0} s"),
            { TotalHours: < 1 } => string.Create(culture, $"{duration.Minutes} m {duration.Seconds:00} s"),
            { TotalDays: < 1 } => string.Create(culture, $"{duration.Hours} h {duration.Minutes:00} m"),
            _ => string.Create(culture, $"{duration.Days} d {duration.Hours:00} h"),
        };
    }

    /// <summary><c>12:00:01.234</c>, in local time.</summary>
    public static string Clock(DateTimeOffset at, TimeProvider time) => Local(at, time).ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);

    /// <summary><c>2026-01-31 12:00:01</c>, in local time.</summary>
    public static string DateAndClock(DateTimeOffset at, TimeProvider time) => Local(at, time).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>RFC 3339 in UTC, for machines.</summary>
    public static string Machine(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);

    private static DateTimeOffset Local(DateTimeOffset at, TimeProvider time) => TimeZoneInfo.ConvertTime(at, time.LocalTimeZone);
}
