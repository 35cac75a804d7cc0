using Dispatcher.Host.Configuration.Hocon;

namespace Dispatcher.Host.Configuration;

/// <summary>
/// What a setting accepts, as the line <c># type:</c> in reference.conf states it: <c>boolean</c>, <c>string</c>,
/// <c>list of string</c>, <c>one-of a | b</c>, <c>integer 1..9</c>, <c>number 0..1</c>, <c>size 1 KiB..1 GiB</c>,
/// <c>duration 0 ms..1 h</c>, <c>duration | off</c>. A range may be left out.
/// </summary>
public abstract record SettingType
{
    private SettingType(string description) => Description = description;

    /// <summary>Completes "expected ...".</summary>
    public string Description { get; }

    public abstract bool Accepts(HoconValue value);

    /// <summary>The type in the words of its line, or null when the line states none.</summary>
    public static SettingType? Parse(string annotation)
    {
        var words = annotation.Trim();
        var (name, rest) = words.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space
            ? (words[..space], words[space..].Trim())
            : (words, string.Empty);
        return (name, rest) switch
        {
            ("boolean", "") => new Boolean(),
            ("string", "") => new Text(),
            ("list", "of string") => new TextList(),
            ("one-of", not "") => new OneOf(rest.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)),
            ("integer", _) when Range<long>(rest, HoconUnits.TryReadInteger, long.MinValue, long.MaxValue) is var (low, high) =>
                new Integer(low, high, rest),
            ("number", _) when Range<double>(rest, HoconUnits.TryReadNumber, double.MinValue, double.MaxValue) is var (low, high) =>
                new Number(low, high, rest),
            ("size", _) when Range<long>(rest, HoconUnits.TryReadSize, 0, long.MaxValue) is var (low, high) =>
                new Size(low, high, rest),
            ("duration", _) => ParseDuration(rest),
            _ => null,
        };
    }

    private static Duration? ParseDuration(string rest)
    {
        var parts = rest.Split('|', StringSplitOptions.TrimEntries);
        var allowsOff = parts.Length == 2 && parts[1] == "off";
        if (parts.Length > 1 && !allowsOff)
            return null;
        return Range<TimeSpan>(parts[0], HoconUnits.TryReadDuration, TimeSpan.Zero, TimeSpan.MaxValue) is var (low, high)
            ? new Duration(low, high, allowsOff, parts[0])
            : null;
    }

    private delegate bool TryRead<T>(string text, out T value);

    private static (T Low, T High)? Range<T>(string text, TryRead<T> read, T low, T high)
    {
        if (text.Length == 0)
            return (low, high);
        var ends = text.Split("..");
        if (ends.Length != 2)
            return null;
        var lowIsGood = ends[0].Length == 0 || read(ends[0].Trim(), out low);
        var highIsGood = ends[1].Length == 0 || read(ends[1].Trim(), out high);
        return lowIsGood && highIsGood ? (low, high) : null;
    }

    private static string Within(string range) => range.Length == 0 ? string.Empty : $" in {range}";

    private static string? TextOf(HoconValue value) => value is HoconScalar { Kind: not HoconScalarKind.Null } scalar ? scalar.Text : null;

    public sealed record Boolean() : SettingType("on or off")
    {
        public override bool Accepts(HoconValue value) => TextOf(value) is { } text && HoconUnits.TryReadBoolean(text, out _);
    }

    public sealed record Text() : SettingType("a text")
    {
        public override bool Accepts(HoconValue value) => TextOf(value) is not null;
    }

    public sealed record TextList() : SettingType("a list of texts such as [a, b]")
    {
        public override bool Accepts(HoconValue value) => value is HoconArray array && array.Items.All(item => TextOf(item) is not null);
    }

    public sealed record OneOf(IReadOnlyList<string> Words) : SettingType($"one of {string.Join(", ", Words)}")
    {
        public override bool Accepts(HoconValue value) => TextOf(value) is { } text && Words.Contains(text, StringComparer.Ordinal);
    }

    public sealed record Integer(long Low, long High, string Range) : SettingType($"a whole number{Within(Range)}")
    {
        public override bool Accepts(HoconValue value) =>
            TextOf(value) is { } text && HoconUnits.TryReadInteger(text, out var number) && number >= Low && number <= High;
    }

    public sealed record Number(double Low, double High, string Range) : SettingType($"a number{Within(Range)}")
    {
        public override bool Accepts(HoconValue value) =>
            TextOf(value) is { } text && HoconUnits.TryReadNumber(text, out var number) && number >= Low && number <= High;
    }

    public sealed record Size(long Low, long High, string Range) : SettingType($"a size{Within(Range)}, such as 512 KiB")
    {
        public override bool Accepts(HoconValue value) =>
            TextOf(value) is { } text && HoconUnits.TryReadSize(text, out var bytes) && bytes >= Low && bytes <= High;
    }

    public sealed record Duration(TimeSpan Low, TimeSpan High, bool AllowsOff, string Range)
        : SettingType($"a duration{Within(Range)}, such as 5 s{(AllowsOff ? ", or off" : string.Empty)}")
    {
        public override bool Accepts(HoconValue value)
        {
            if (TextOf(value) is not { } text)
                return false;
            return HoconUnits.TryReadDuration(text, out var duration)
                ? duration >= Low && duration <= High
                : AllowsOff && HoconUnits.IsOff(text);
        }
    }
}
