using System.Globalization;

namespace Dispatcher.Steps.Handlers;

/// <summary>Durations as people write them: numbers with units (ms, s, m, h, d), the largest first: <c>1h30m</c>, <c>2.5s</c>.</summary>
internal static class DurationText
{
    public static readonly TimeSpan Limit = TimeSpan.FromDays(366);

    private static readonly (string Unit, double Milliseconds)[] Units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var rest = text.AsSpan();
        var nextUnit = 0;
        var milliseconds = 0.0;
        while (rest.Length > 0)
        {
            var digits = LengthOf(rest, character => char.IsAsciiDigit(character) || character == '.');
            var letters = LengthOf(rest[digits..], char.IsAsciiLetter);
            var unit = IndexOfUnit(rest.Slice(digits, letters));
            var isNumber = double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount);
            if (unit < nextUnit || !isNumber) return false;
            milliseconds += amount * Units[unit].Milliseconds;
            nextUnit = unit + 1;
            rest = rest[(digits + letters)..];
        }

        if (nextUnit == 0 || milliseconds > Limit.TotalMilliseconds) return false;
        duration = TimeSpan.FromMilliseconds(milliseconds);
        return true;
    }

    private static int LengthOf(ReadOnlySpan<char> text, Func<char, bool> accepts)
    {
        var length = 0;
        while (length < text.Length && accepts(text[length])) length++;
        return length;
    }

    private static int IndexOfUnit(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < Units.Length; i++)
        {
            if (text.SequenceEqual(Units[i].Unit)) return i;
        }

        return -1;
    }
}
