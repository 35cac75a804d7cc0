using System.Globalization;
using System.Text;

namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>The parts of the grammar that contain no values: strings, numbers, unquoted text and path expressions.</summary>
internal static class HoconText
{
    private const string TripleQuote = "\"\"\"";

    /// <summary>
    /// Reads keys up to the first character that no path may contain. White space inside a key counts, around the path not.
    /// </summary>
    public static List<string> ReadPath(HoconCursor cursor)
    {
        cursor.SkipSpaces();
        var keys = new List<string>();
        var key = new StringBuilder();
        var quoted = false;
        while (true)
        {
            var space = cursor.SkipSpaces();
            if (cursor.Current != '"' && !cursor.AtUnquoted)
                break;
            key.Append(space);
            if (cursor.Current == '"')
            {
                key.Append(ReadString(cursor));
                quoted = true;
            }
            else if (cursor.Current == '.')
            {
                keys.Add(Complete(cursor, key, ref quoted));
                cursor.Advance();
            }
            else
            {
                key.Append(cursor.Current);
                cursor.Advance();
            }
        }

        keys.Add(Complete(cursor, key, ref quoted));
        return keys;
    }

    public static string ReadString(HoconCursor cursor) =>
        cursor.StartsWith(TripleQuote) ? ReadTripleQuoted(cursor) : ReadQuoted(cursor);

    /// <summary>
    /// Unquoted text up to white space or a reserved character. A number may contain '+', which other unquoted text may not.
    /// </summary>
    public static string ReadUnquoted(HoconCursor cursor)
    {
        var start = cursor.Position;
        SkipNumber(cursor);
        while (cursor.AtUnquoted)
            cursor.Advance();
        return cursor.From(start);
    }

    public static HoconScalarKind KindOf(string unquoted) => unquoted switch
    {
        "true" or "false" => HoconScalarKind.Boolean,
        "null" => HoconScalarKind.Null,
        _ => NumberLength(unquoted.Length, index => unquoted[index]) == unquoted.Length ? HoconScalarKind.Number : HoconScalarKind.String,
    };

    private static string Complete(HoconCursor cursor, StringBuilder key, ref bool quoted)
    {
        if (key.Length == 0 && !quoted)
        {
            throw new HoconException(
                cursor.Origin,
                $"A key was expected and {cursor.Describe()} was found",
                "Remove a leading, trailing or doubled '.', or write \"\" for an empty key");
        }

        var complete = key.ToString();
        key.Clear();
        quoted = false;
        return complete;
    }

    private static void SkipNumber(HoconCursor cursor)
    {
        var length = NumberLength(int.MaxValue, cursor.Ahead);
        cursor.Advance(Math.Max(length, 0));
    }

    /// <summary>The length of the JSON number at the start, 0 when there is none.</summary>
    private static int NumberLength(int end, Func<int, char> at)
    {
        var position = end > 0 && at(0) == '-' ? 1 : 0;
        var integer = Digits(position);
        if (integer == position)
            return 0;
        position = integer;
        if (position < end && at(position) == '.')
        {
            var fraction = Digits(position + 1);
            if (fraction == position + 1)
                return position;
            position = fraction;
        }

        if (position < end && at(position) is 'e' or 'E')
        {
            var sign = position + 1 < end && at(position + 1) is '+' or '-' ? 1 : 0;
            var exponent = Digits(position + 1 + sign);
            if (exponent > position + 1 + sign)
                position = exponent;
        }

        return position;

        int Digits(int from)
        {
            while (from < end && char.IsAsciiDigit(at(from)))
                from++;
            return from;
        }
    }

    private static string ReadQuoted(HoconCursor cursor)
    {
        var origin = cursor.Origin;
        var text = new StringBuilder();
        cursor.Advance();
        while (cursor.Current != '"')
        {
            if (cursor.AtEnd || cursor.Current == '\n')
            {
                throw new HoconException(
                    origin,
                    "A quoted string is not closed on its line",
                    "Add the closing '\"', or use \"\"\" for several lines");
            }

            if (cursor.Current < ' ')
            {
                throw new HoconException(
                    cursor.Origin,
                    $"The control character {cursor.Describe()} stands in a quoted string",
                    "Write it as an escape such as \\t");
            }

            if (cursor.Current == '\\')
            {
                text.Append(ReadEscape(cursor));
                continue;
            }

            text.Append(cursor.Current);
            cursor.Advance();
        }

        cursor.Advance();
        return text.ToString();
    }

    private static char ReadEscape(HoconCursor cursor)
    {
        var origin = cursor.Origin;
        cursor.Advance();
        var letter = cursor.Current;
        cursor.Advance();
        return letter switch
        {
            '"' or '\\' or '/' => letter,
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => ReadUnicodeEscape(cursor, origin),
            _ => throw new HoconException(
                origin,
                "An unknown escape stands in a quoted string",
                "Use one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX, or write \\\\ for a backslash"),
        };
    }

    private static char ReadUnicodeEscape(HoconCursor cursor, HoconOrigin origin)
    {
        var start = cursor.Position;
        while (cursor.Position < start + 4 && char.IsAsciiHexDigit(cursor.Current))
            cursor.Advance();
        var digits = cursor.From(start);
        if (digits.Length < 4)
            throw new HoconException(origin, "A \\u escape lacks its four hexadecimal digits", "Write it as \\u00e9");
        return (char)int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    /// <summary>No escapes; quotes beyond the third at the end belong to the string.</summary>
    private static string ReadTripleQuoted(HoconCursor cursor)
    {
        var origin = cursor.Origin;
        cursor.Advance(TripleQuote.Length);
        var start = cursor.Position;
        var end = cursor.IndexOf(TripleQuote);
        if (end < 0)
            throw new HoconException(origin, "A string in triple quotes is not closed", "Add the closing \"\"\"");
        cursor.Advance(end - start);
        while (cursor.Ahead(TripleQuote.Length) == '"')
            cursor.Advance();
        var text = cursor.From(start);
        cursor.Advance(TripleQuote.Length);
        return text;
    }
}
