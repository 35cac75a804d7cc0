using System.Text;

namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>Path expressions: keys joined by dots, a key with other than letters, digits, '-' and '_' in quotes.</summary>
public static class HoconPath
{
    /// <exception cref="HoconException">The text is no path expression.</exception>
    public static IReadOnlyList<string> Parse(string expression)
    {
        var cursor = new HoconCursor(expression, $"path '{expression}'");
        var keys = HoconText.ReadPath(cursor);
        if (!cursor.AtEnd)
            throw new HoconException(cursor.Origin, $"{cursor.Describe()} cannot stand in a path", "Quote the key that contains it");
        return keys;
    }

    public static string Render(IEnumerable<string> keys) => string.Join('.', keys.Select(RenderKey));

    public static string RenderKey(string key) =>
        key.Length > 0 && key.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_') ? key : Quote(key);

    private static string Quote(string key)
    {
        var quoted = new StringBuilder("\"");
        foreach (var character in key)
        {
            _ = character switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                _ when char.IsControl(character) => quoted.Append(null, $"\\u{(int)character:x4}"),
                _ => quoted.Append(character),
            };
        }

        return quoted.Append('"').ToString();
    }
}
