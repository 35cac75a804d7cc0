using System.Globalization;

namespace Dispatcher.Workflows.Scheduling;

/// <summary>Durations as Go writes them (https://pkg.go.dev/time#ParseDuration): <c>1h30m</c>, <c>1.5h</c>, <c>90s</c>, <c>300ms</c>; units h, m, s, ms, us, ns in any order.</summary>
public static class GoDuration
{
    private const int LimitCharacters = 64;

    private static readonly (string Unit, decimal Ticks)[] Units =
    [
        ("ns", 0.01m), ("us", 10), ("µs", 10), ("μs", 10), ("ms", TimeSpan.TicksPerMillisecond),
        ("h", TimeSpan.TicksPerHour), ("m", TimeSpan.TicksPerMinute), ("s", TimeSpan.TicksPerSecond),
    ];

    /// <summary>Parts of 100 ns are cut.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text == "0") return true;
        if (text.Length is 0 or > LimitCharacters) return false;
        var rest = text.AsSpan();
        var isNegative = rest[0] == '-';
        if (rest[0] is '-' or '+') rest = rest[1..];
        if (rest.IsEmpty) return false;
        decimal ticks = 0;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept("0123456789.");
            if (digits is <= 0 or > 18 || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return false;
            rest = rest[digits..];
            if (!TryUnit(rest, out var unit)) return false;
            ticks += number * unit.Ticks;
            if (ticks > long.MaxValue) return false;
            rest = rest[unit.Unit.Length..];
        }

        duration = new TimeSpan((long)(isNegative ? -ticks : ticks));
        return true;
    }

    private static bool TryUnit(ReadOnlySpan<char> text, out (string Unit, decimal Ticks) unit)
    {
        foreach (var known in Units)
        {
            if (!text.StartsWith(known.Unit, StringComparison.Ordinal)) continue;
            unit = known;
            return true;
        }

        unit = default;
        return false;
    }
}
