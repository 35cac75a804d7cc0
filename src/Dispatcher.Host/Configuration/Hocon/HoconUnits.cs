using System.Collections.Frozen;
using System.Globalization;
using System.Numerics;

namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>
/// Numbers with units, as the HOCON specification defines them ("Units format"): optional white space, a number, optional white
/// space, an optional unit of letters. Durations are case-sensitive; a value without a unit counts milliseconds or bytes.
/// </summary>
public static class HoconUnits
{
    private static readonly FrozenDictionary<string, long> NanosecondsPerUnit = Table(
        (1, "ns nano nanos nanosecond nanoseconds"),
        (1_000, "us micro micros microsecond microseconds"),
        (1_000_000, " ms milli millis millisecond milliseconds"),
        (1_000_000_000, "s second seconds"),
        (60_000_000_000, "m minute minutes"),
        (3_600_000_000_000, "h hour hours"),
        (86_400_000_000_000, "d day days")).ToFrozenDictionary(unit => unit.Key, unit => (long)unit.Value, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, BigInteger> BytesPerUnit = Sizes();

    public static bool TryReadBoolean(string text, out bool value)
    {
        value = text is "true" or "yes" or "on";
        return value || text is "false" or "no" or "off";
    }

    /// <summary>True for the words that switch a duration off.</summary>
    public static bool IsOff(string text) => TryReadBoolean(text, out var value) && !value;

    public static bool TryReadInteger(string text, out long value) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    public static bool TryReadNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);

    /// <summary>Exact to 100 ns, a tick of <see cref="TimeSpan"/>; a remainder is cut off.</summary>
    public static bool TryReadDuration(string text, out TimeSpan value)
    {
        value = default;
        if (!TrySplit(text, out var number, out var unit) || !NanosecondsPerUnit.TryGetValue(unit, out var nanoseconds))
            return false;
        if (!TryScale(number, nanoseconds, out var total))
            return false;
        total /= TimeSpan.NanosecondsPerTick;
        if (total < long.MinValue || total > long.MaxValue)
            return false;
        value = TimeSpan.FromTicks((long)total);
        return true;
    }

    public static bool TryReadSize(string text, out long bytes)
    {
        bytes = 0;
        if (!TrySplit(text, out var number, out var unit) || !BytesPerUnit.TryGetValue(unit, out var perUnit))
            return false;
        if (!TryScale(number, perUnit, out var total) || total < 0 || total > long.MaxValue)
            return false;
        bytes = (long)total;
        return true;
    }

    private static bool TrySplit(string text, out ReadOnlySpan<char> number, out string unit)
    {
        var trimmed = text.AsSpan().Trim();
        var letters = 0;
        while (letters < trimmed.Length && char.IsLetter(trimmed[^(letters + 1)]))
            letters++;
        unit = trimmed[^letters..].ToString();
        number = trimmed[..^letters].TrimEnd();
        return number.Length > 0;
    }

    /// <summary>Whole numbers are exact whatever their size; fractions have the 28 digits of a decimal.</summary>
    private static bool TryScale(ReadOnlySpan<char> number, BigInteger factor, out BigInteger total)
    {
        total = default;
        if (number.Length <= 40 && BigInteger.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            total = whole * factor;
            return true;
        }

        const NumberStyles Fraction = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (!decimal.TryParse(number, Fraction, CultureInfo.InvariantCulture, out var value))
            return false;
        var integer = decimal.Truncate(value);
        var scaled = (value - integer) * 1_000_000_000_000_000_000m;
        total = (new BigInteger(integer) * factor) + (new BigInteger(scaled) * factor / 1_000_000_000_000_000_000);
        return true;
    }

    private static FrozenDictionary<string, BigInteger> Sizes()
    {
        var units = Table((1, " B b byte bytes"));
        string[] decimals =
        [
            "kB kilobyte", "MB megabyte", "GB gigabyte", "TB terabyte",
            "PB petabyte", "EB exabyte", "ZB zettabyte", "YB yottabyte",
        ];
        string[] binaries =
        [
            "K k Ki KiB kibibyte", "M m Mi MiB mebibyte", "G g Gi GiB gibibyte", "T t Ti TiB tebibyte",
            "P p Pi PiB pebibyte", "E e Ei EiB exbibyte", "Z z Zi ZiB zebibyte", "Y y Yi YiB yobibyte",
        ];
        for (var power = 1; power <= decimals.Length; power++)
        {
            Add(decimals[power - 1], BigInteger.Pow(1000, power));
            Add(binaries[power - 1], BigInteger.Pow(1024, power));
        }

        return units.ToFrozenDictionary(StringComparer.Ordinal);

        void Add(string names, BigInteger factor)
        {
            foreach (var name in names.Split(' '))
            {
                units.Add(name, factor);
                if (name.EndsWith("byte", StringComparison.Ordinal))
                    units.Add(name + "s", factor);
            }
        }
    }

    /// <summary>A list of names that begins with a space contains the empty name: the unit of a bare number.</summary>
    private static Dictionary<string, BigInteger> Table(params (BigInteger Factor, string Names)[] rows) =>
        rows.SelectMany(row => row.Names.Split(' ').Select(name => (name, row.Factor)))
            .ToDictionary(unit => unit.name, unit => unit.Factor, StringComparer.Ordinal);
}
