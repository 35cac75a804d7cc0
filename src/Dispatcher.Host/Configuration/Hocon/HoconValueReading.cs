using System.Globalization;

namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>Typed reading of resolved values. A value of another type gives a <see cref="HoconException"/> with its position.</summary>
public static class HoconValueReading
{
    /// <summary>The text of a scalar; null, lists and objects are no text.</summary>
    public static string AsText(this HoconValue value) =>
        value is HoconScalar { Kind: not HoconScalarKind.Null } scalar ? scalar.Text : throw Mismatch(value, "a text");

    /// <summary>true, yes, on, false, no, off.</summary>
    public static bool AsBoolean(this HoconValue value) =>
        HoconUnits.TryReadBoolean(value.AsText(), out var result) ? result : throw Mismatch(value, "on or off");

    public static long AsInteger(this HoconValue value) =>
        HoconUnits.TryReadInteger(value.AsText(), out var result) ? result : throw Mismatch(value, "a whole number");

    public static double AsNumber(this HoconValue value) =>
        HoconUnits.TryReadNumber(value.AsText(), out var result) ? result : throw Mismatch(value, "a number");

    /// <summary>A number with a unit from ns to d; without a unit, milliseconds.</summary>
    public static TimeSpan AsDuration(this HoconValue value) =>
        HoconUnits.TryReadDuration(value.AsText(), out var result) ? result : throw Mismatch(value, "a duration such as 5 s");

    /// <summary>As <see cref="AsDuration"/>, with <c>off</c> for null.</summary>
    public static TimeSpan? AsOptionalDuration(this HoconValue value) =>
        HoconUnits.IsOff(value.AsText()) ? null : value.AsDuration();

    /// <summary>Bytes: a number with a unit such as kB or KiB; without a unit, bytes.</summary>
    public static long AsSize(this HoconValue value) =>
        HoconUnits.TryReadSize(value.AsText(), out var result) ? result : throw Mismatch(value, "a size such as 512 KiB");

    /// <summary>A list, or an object with whole numbers for keys.</summary>
    public static IReadOnlyList<HoconValue> AsList(this HoconValue value) =>
        (value as HoconArray)?.Items ?? (value is HoconObject fields ? NumberedItems(fields) : null) ?? throw Mismatch(value, "a list");

    public static IReadOnlyList<string> AsTextList(this HoconValue value) => [.. value.AsList().Select(AsText)];

    /// <summary>The values under whole-number keys in the order of the numbers, or null when the object has none.</summary>
    internal static IReadOnlyList<HoconValue>? NumberedItems(HoconObject fields)
    {
        var numbered = new List<(int Number, HoconValue Value)>();
        foreach (var (key, value) in fields)
        {
            if (int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                numbered.Add((number, value));
        }

        return numbered.Count == 0 ? null : [.. numbered.OrderBy(item => item.Number).Select(item => item.Value)];
    }

    private static HoconException Mismatch(HoconValue value, string wanted) =>
        new(value.Origin, $"{wanted} was expected and {value.KindName} was found", $"Write {wanted}");
}
