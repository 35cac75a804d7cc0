using System.Globalization;

namespace Dispatcher.Workflows.Scheduling;

/// <summary>One field of a cron expression: its name, its bounds, and the words that stand for numbers in it.</summary>
/// <param name="Names">Words from the first number on; none if the field takes only numbers.</param>
internal sealed record CronField(string Name, int Min, int Max, string[] Names)
{
    private const int DigitsLimit = 9;

    public static CronField Second { get; } = new("second", 0, 59, []);

    public static CronField Minute { get; } = new("minute", 0, 59, []);

    public static CronField Hour { get; } = new("hour", 0, 23, []);

    public static CronField DayOfMonth { get; } = new("day of month", 1, 31, []);

    public static CronField Month { get; } = new("month", 1, 12, ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]);

    /// <summary>Sunday is 0; 7 is refused, as robfig/cron does.</summary>
    public static CronField DayOfWeek { get; } = new("day of week", 0, 6, ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]);

    /// <summary>Reads a list of ranges.</summary>
    /// <param name="column">Where the text begins, counted from 1.</param>
    /// <exception cref="CronException">It is none.</exception>
    public CronSet Read(string text, int column)
    {
        var set = default(CronSet);
        var at = 0;
        foreach (var part in text.Split(','))
        {
            var next = Range(part, column + at);
            set = new CronSet(set.Bits | next.Bits, set.IsStar || next.IsStar);
            at += part.Length + 1;
        }

        return set;
    }

    /// <summary>One of <c>*</c>, <c>?</c>, <c>n</c>, <c>n-m</c>, each with <c>/step</c> or without. <c>n/step</c> goes from n to the end.</summary>
    private CronSet Range(string text, int column)
    {
        if (text.Length == 0) throw Fault(column, "a value is missing; lists are written as 1,2,3");
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var range = slash < 0 ? text : text[..slash];
        var step = slash < 0 ? 1 : Step(text[(slash + 1)..], column + slash + 1);
        if (range is "*" or "?") return new CronSet(Every(Min, Max, step), IsStar: step == 1);
        var dash = range.IndexOf('-', StringComparison.Ordinal);
        var first = Number(dash < 0 ? range : range[..dash], column);
        var last = dash >= 0 ? Number(range[(dash + 1)..], column + dash + 1) : slash < 0 ? first : Max;
        if (first > last) throw Fault(column, $"the range {range} goes backwards; write the smaller number first");
        return new CronSet(Every(first, last, step), IsStar: false);
    }

    private int Step(string text, int column)
    {
        if (!TryDigits(text, out var step)) throw Fault(column, $"'{Suggestion.Clip(text)}' is no step; a step is a whole number after the slash, such as */5");
        return step > 0 ? step : throw Fault(column, "the step is 0; the smallest step is 1");
    }

    private int Number(string text, int column)
    {
        if (text.Length == 0) throw Fault(column, "a number is missing");
        var named = Array.FindIndex(Names, name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (named >= 0) return Min + named;
        if (!TryDigits(text, out var number)) throw Fault(column, $"'{Suggestion.Clip(text)}' is not {Wanted}");
        if (number < Min) throw Fault(column, $"{number} is below {Min}; {Name} is {Wanted}");
        if (number <= Max) return number;
        var sunday = this == DayOfWeek && number == 7 ? " (Sunday is 0)" : "";
        throw Fault(column, $"{number} is above {Max}{sunday}; {Name} is {Wanted}");
    }

    private string Wanted => Names.Length == 0 ? $"a number from {Min} to {Max}" : $"a number from {Min} to {Max} or a name from {Names[0]} to {Names[^1]}";

    private CronException Fault(int column, string reason) => new(Name, column, reason);

    private static ulong Every(int first, int last, int step)
    {
        var bits = 0UL;
        for (long value = first; value <= last; value += step) bits |= 1UL << (int)value;
        return bits;
    }

    private static bool TryDigits(string text, out int number)
    {
        number = 0;
        return text.Length <= DigitsLimit && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}

/// <summary>The values that a field allows.</summary>
/// <param name="Bits">Bit n is set when n is allowed.</param>
/// <param name="IsStar">True when the field restricts nothing: a plain <c>*</c> or <c>?</c>. <c>*/5</c> restricts.</param>
internal readonly record struct CronSet(ulong Bits, bool IsStar)
{
    /// <summary>The first value from here on; -1 if there is none.</summary>
    public int From(int value)
    {
        if (value > 63) return -1;
        var rest = Bits >> value;
        return rest == 0 ? -1 : value + System.Numerics.BitOperations.TrailingZeroCount(rest);
    }

    public int First => From(0);

    public bool Has(int value) => (Bits >> value & 1) == 1;
}
