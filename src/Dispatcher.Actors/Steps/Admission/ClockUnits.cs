namespace Dispatcher.Steps.Admission;

/// <summary>
/// Exact conversions between durations and the units of a <see cref="TimeProvider"/>'s timestamp. Rounded up, so that a limit is never
/// undercut by a fraction of a unit, and saturating at <see cref="Longest"/>.
/// </summary>
internal static class ClockUnits
{
    /// <summary>Longer than any wait (over 70 years in nanoseconds), short enough that a few can be added without overflow.</summary>
    public const long Longest = long.MaxValue / 4;

    public static long Of(TimeSpan duration, long frequency) => RatioUp(duration.Ticks, frequency, TimeSpan.TicksPerSecond);

    public static TimeSpan ToTimeSpan(long units, long frequency) => new(RatioUp(units, TimeSpan.TicksPerSecond, frequency));

    /// <summary>Units between two starts at a rate; 0 for no rate.</summary>
    public static long IntervalOf(double ratePerSecond, long frequency) =>
        ratePerSecond == 0 ? 0 : Math.Max(1, (long)Math.Min(Longest, Math.Ceiling(frequency / ratePerSecond)));

    public static long Times(long units, long count) => (long)Int128.Min((Int128)units * count, Longest);

    private static long RatioUp(long value, long multiplier, long divisor) =>
        (long)Int128.Min(((Int128)value * multiplier + divisor - 1) / divisor, Longest);
}
