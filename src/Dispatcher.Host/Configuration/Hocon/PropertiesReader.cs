using System.Globalization;
using System.Text;

namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>
/// Java properties: <c>key=value</c>, <c>key: value</c> or <c>key value</c> a line, '#' and '!' comments, a backslash at the end
/// continues a line. Values stay text. Where a key is both a value and the start of longer keys, the longer keys win.
/// </summary>
internal static class PropertiesReader
{
    public static ObjectNode Read(string text, string source)
    {
        var entries = new OrderedDictionary<string, HoconScalar>(StringComparer.Ordinal);
        var objects = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (line, number) in LogicalLines(text))
        {
            var origin = new HoconOrigin(source, number, 1);
            var (key, value) = Split(line, origin);
            entries[key] = new HoconScalar(value, HoconScalarKind.String, origin);
            if (key.Count(character => character == '.') >= HoconLimits.NestingLevels)
                throw new HoconException(origin, $"The key has more than {HoconLimits.NestingLevels} parts", "Shorten it");
            for (var dot = key.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = key.IndexOf('.', dot + 1))
                objects.Add(key[..dot]);
        }

        var root = new ObjectNode(new HoconOrigin(source, 1, 1));
        foreach (var (key, value) in entries)
        {
            if (!objects.Contains(key))
                root.AppendAt(key.Split('.'), [new Contribution(new ScalarNode(value))]);
        }

        return root;
    }

    private static IEnumerable<(string Line, int Number)> LogicalLines(string text)
    {
        var number = 0;
        var start = 0;
        var pending = new StringBuilder();
        var continues = false;
        foreach (var physical in text.Split('\n'))
        {
            number++;
            var line = physical.TrimEnd('\r').TrimStart(' ', '\t', '\f', '\uFEFF');
            if (!continues)
            {
                start = number;
                if (line.Length == 0 || line[0] is '#' or '!')
                    continue;
            }

            var backslashes = line.Length - line.TrimEnd('\\').Length;
            continues = backslashes % 2 == 1;
            pending.Append(continues ? line[..^1] : line);
            if (continues)
                continue;
            yield return (pending.ToString(), start);
            pending.Clear();
        }

        if (pending.Length > 0)
            yield return (pending.ToString(), start);
    }

    private static (string Key, string Value) Split(string line, HoconOrigin origin)
    {
        var end = 0;
        while (end < line.Length && line[end] is not ('=' or ':' or ' ' or '\t' or '\f'))
            end += line[end] == '\\' ? 2 : 1;
        end = Math.Min(end, line.Length);
        var rest = line[end..].TrimStart(' ', '\t', '\f');
        if (rest.Length > 0 && rest[0] is '=' or ':')
            rest = rest[1..].TrimStart(' ', '\t', '\f');
        return (Unescape(line[..end], origin), Unescape(rest, origin));
    }

    private static string Unescape(string text, HoconOrigin origin)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var plain = new StringBuilder();
        for (var index = 0; index < text.Length; index++)
        {
            if (text[index] != '\\' || index + 1 == text.Length)
            {
                plain.Append(text[index]);
                continue;
            }

            index++;
            if (text[index] != 'u')
            {
                plain.Append(text[index] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'f' => '\f', var other => other });
                continue;
            }

            var digits = text.AsSpan(index + 1, Math.Min(4, text.Length - index - 1));
            var isCode = int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code);
            if (digits.Length < 4 || !isCode)
                throw new HoconException(origin, "A \\u escape lacks its four hexadecimal digits", "Write it as \\u00e9");
            plain.Append((char)code);
            index += 4;
        }

        return plain.ToString();
    }
}
