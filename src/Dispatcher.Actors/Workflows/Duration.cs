using System.Globalization;
using System.Text;

namespace Dispatcher.Workflows;

/// <summary>
/// Durations as people write them: <c>500ms</c>, <c>5s</c>, <c>1h30m</c>, <c>1d</c> (24 hours), units from large to small; or ISO 8601 up to weeks:
/// <c>PT1H30M</c>. Whole milliseconds, at most <see cref="WorkflowLimits.Duration"/>.
/// </summary>
public static class Duration
{
    private static readonly (string Unit, long Milliseconds)[] Units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
    private static readonly (string Unit, long Milliseconds)[] IsoDateUnits = [("W", 604_800_000), ("D", 86_400_000)];
    private static readonly (string Unit, long Milliseconds)[] IsoTimeUnits = [("H", 3_600_000), ("M", 60_000), ("S", 1000)];

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var milliseconds = text.StartsWith('P') ? Iso(text.AsSpan(1)) : Sum(text, Units, allowsFraction: false);
        if (milliseconds is not { } total || total > (decimal)WorkflowLimits.Duration.TotalMilliseconds || decimal.Truncate(total) != total)
            return false;
        duration = TimeSpan.FromMilliseconds((long)total);
        return true;
    }

    /// <summary>The shortest text: <c>1h30m</c>. Parts of a millisecond are cut.</summary>
    public static string Format(TimeSpan duration)
    {
        var rest = duration.Ticks / TimeSpan.TicksPerMillisecond;
        if (rest == 0) return "0s";
        var text = new StringBuilder(rest < 0 ? "-" : "");
        rest = Math.Abs(rest);
        foreach (var (unit, milliseconds) in Units)
        {
            if (rest >= milliseconds) text.Append(CultureInfo.InvariantCulture, $"{rest / milliseconds}{unit}");
            rest %= milliseconds;
        }

        return text.ToString();
    }

    private static decimal? Iso(ReadOnlySpan<char> text)
    {
        var time = text.IndexOf('T');
        if (time < 0) return Sum(text, IsoDateUnits, allowsFraction: false);
        var date = time == 0 ? 0 : Sum(text[..time], IsoDateUnits, allowsFraction: false);
        return date + Sum(text[(time + 1)..], IsoTimeUnits, allowsFraction: true);
    }

    /// <summary>Adds up number-and-unit pairs, each unit smaller than the one before; null if the text is anything else.</summary>
    private static decimal? Sum(ReadOnlySpan<char> text, (string Unit, long Milliseconds)[] units, bool allowsFraction)
    {
        if (text.IsEmpty) return null;
        decimal sum = 0;
        var next = 0;
        while (!text.IsEmpty)
        {
            var digits = text.IndexOfAnyExcept("0123456789.");
            if (digits is <= 0 or > 15 || !TryNumber(text[..digits], allowsFraction, out var number)) return null;
            text = text[digits..];
            var letters = text.IndexOfAnyInRange('0', '9');
            var unit = letters < 0 ? text : text[..letters];
            while (next < units.Length && !unit.SequenceEqual(units[next].Unit)) next++;
            if (next == units.Length) return null;
            sum += number * units[next++].Milliseconds;
            text = text[unit.Length..];
        }

        return sum;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, bool allowsFraction, out decimal number) =>
        decimal.TryParse(text, allowsFraction ? NumberStyles.AllowDecimalPoint : NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
