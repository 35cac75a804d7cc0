using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Dispatcher.Workflows;

/// <summary>What a plain YAML scalar is: the core schema of YAML 1.2 (section 10.3.2), where <c>yes</c> and <c>on</c> are texts.</summary>
internal static class YamlScalar
{
    /// <summary>Hexadecimal and octal digits beyond these are no number anybody means.</summary>
    private const int RadixDigits = 32;

    /// <summary>The kind and its text; <see cref="JsonValueKind.Undefined"/> for numbers that JSON cannot hold.</summary>
    public static (JsonValueKind Kind, string Text) Resolve(string value) => value switch
    {
        "" or "~" or "null" or "Null" or "NULL" => (JsonValueKind.Null, ""),
        "true" or "True" or "TRUE" => (JsonValueKind.True, ""),
        "false" or "False" or "FALSE" => (JsonValueKind.False, ""),
        ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF" or ".nan" or ".NaN" or ".NAN" => (JsonValueKind.Undefined, ""),
        _ => Number(value),
    };

    public static bool IsUnicode(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return false;
            i++;
        }

        return true;
    }

    private static (JsonValueKind Kind, string Text) Number(string value)
    {
        if (value.StartsWith("0x", StringComparison.Ordinal)) return Radix(value, 16, char.IsAsciiHexDigit);
        if (value.StartsWith("0o", StringComparison.Ordinal)) return Radix(value, 8, c => c is >= '0' and <= '7');
        if (!IsDecimal(value)) return (JsonValueKind.String, value);
        return JsonNumber.Canonical(value) is { } text ? (JsonValueKind.Number, text) : (JsonValueKind.Undefined, "");
    }

    private static (JsonValueKind Kind, string Text) Radix(string value, int radix, Func<char, bool> isDigit)
    {
        var digits = value[2..];
        if (digits.Length is 0 or > RadixDigits || !digits.All(isDigit)) return (JsonValueKind.String, value);
        var number = digits.Aggregate(BigInteger.Zero, (sum, c) => sum * radix + Convert.ToInt32(c.ToString(), 16));
        return (JsonValueKind.Number, number.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary><c>[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?</c>, integers included.</summary>
    private static bool IsDecimal(string value)
    {
        var position = value[0] is '-' or '+' ? 1 : 0;
        var whole = Digits(value, ref position);
        var fraction = 0;
        if (position < value.Length && value[position] == '.')
        {
            position++;
            fraction = Digits(value, ref position);
        }

        if (whole + fraction == 0) return false;
        if (position < value.Length && value[position] is 'e' or 'E')
        {
            position++;
            if (position < value.Length && value[position] is '-' or '+') position++;
            if (Digits(value, ref position) == 0) return false;
        }

        return position == value.Length;
    }

    private static int Digits(string value, ref int position)
    {
        var start = position;
        while (position < value.Length && char.IsAsciiDigit(value[position])) position++;
        return position - start;
    }
}
