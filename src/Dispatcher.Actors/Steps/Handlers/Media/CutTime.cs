using System.Globalization;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>
/// Times of a cut plan. Counted in whole milliseconds inside, so that a pause of exactly the limit compares as such; written as seconds
/// with two decimals, read as <c>SS.SS</c>, <c>mm:ss(.sss)</c> or <c>hh:mm:ss(.sss)</c>.
/// </summary>
public static class CutTime
{
    private const int HundredthMs = 10;

    /// <summary>Seconds with two decimals and a dot, whatever the culture: <c>7.00</c>.</summary>
    public static string Format(long milliseconds) => (RoundToHundredth(milliseconds) / 1000m).ToString("F2", CultureInfo.InvariantCulture);

    /// <summary>Whole milliseconds of a time in seconds.</summary>
    public static long FromSeconds(double seconds) => (long)Math.Round(seconds * 1000, MidpointRounding.AwayFromZero);

    /// <summary>The time as it would be written: rounded to hundredths of a second.</summary>
    public static long RoundToHundredth(long milliseconds) =>
        (long)Math.Round(milliseconds / (decimal)HundredthMs, MidpointRounding.AwayFromZero) * HundredthMs;

    /// <summary>Reads one of the three notations; false for anything else: a negative time, or 60 and more after a colon.</summary>
    public static bool TryParse(string? text, out long milliseconds)
    {
        milliseconds = 0;
        var parts = (text ?? "").Split(':');
        if (parts.Length is < 1 or > 3) return false;
        decimal total = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            var style = i == parts.Length - 1 ? NumberStyles.AllowDecimalPoint : NumberStyles.None;
            if (!decimal.TryParse(parts[i], style, CultureInfo.InvariantCulture, out var value)) return false;
            if (i > 0 && value >= 60) return false;
            total = total * 60 + value;
        }

        if (total > int.MaxValue) return false;
        milliseconds = (long)Math.Round(total * 1000, MidpointRounding.AwayFromZero);
        return true;
    }
}
