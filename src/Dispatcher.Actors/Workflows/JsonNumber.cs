using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Dispatcher.Workflows;

/// <summary>JSON numbers by value: exact where they fit a decimal, else as doubles.</summary>
internal static class JsonNumber
{
    /// <summary>Digits beyond which an integer is kept as a double: exact arithmetic on a megabyte of digits would take seconds.</summary>
    private const int ExactDigits = 100;

    public static int Compare(JsonElement left, JsonElement right) =>
        left.TryGetDecimal(out var a) && right.TryGetDecimal(out var b) ? a.CompareTo(b) : left.GetDouble().CompareTo(right.GetDouble());

    public static bool IsInteger(JsonElement number) =>
        number.TryGetDecimal(out var exact) ? decimal.Truncate(exact) == exact : double.IsInteger(number.GetDouble());

    /// <summary>
    /// One text for each value, so that 1, 1.0 and 1e0 hash alike: integers exactly, all else as the shortest text of its double
    /// (as RFC 8785 does). Null if the value is too large for a double.
    /// </summary>
    public static string? Canonical(string text)
    {
        var digits = text.AsSpan().TrimStart("+-");
        if (digits.Length <= ExactDigits && !digits.ContainsAnyExceptInRange('0', '9'))
            return BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
            return null;
        if (number == 0) return "0";
        if (double.IsInteger(number) && Math.Abs(number) < 1e21) return new BigInteger(number).ToString(CultureInfo.InvariantCulture);
        return number.ToString("R", CultureInfo.InvariantCulture);
    }
}
