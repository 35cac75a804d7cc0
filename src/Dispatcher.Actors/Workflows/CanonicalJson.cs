using System.Text;
using System.Text.Json;

namespace Dispatcher.Workflows;

/// <summary>
/// One text for each value, after RFC 8785: sorted keys, no white space, the fewest escapes. Written here and not by a JSON library,
/// because hashes are stored and a library may change what it escapes.
/// </summary>
internal static class CanonicalJson
{
    public static string Write(SourceNode node)
    {
        var text = new StringBuilder();
        Write(node, text);
        return text.ToString();
    }

    public static JsonElement ToElement(SourceNode node) => JsonElement.Parse(Write(node), new JsonDocumentOptions { MaxDepth = WorkflowLimits.Nesting + 1 });

    private static void Write(SourceNode node, StringBuilder text)
    {
        switch (node.Kind)
        {
            case JsonValueKind.Object:
                var separator = '{';
                foreach (var property in node.Properties.OrderBy(property => property.Name, StringComparer.Ordinal))
                {
                    text.Append(separator);
                    Quote(property.Name, text);
                    text.Append(':');
                    Write(property.Value, text);
                    separator = ',';
                }

                text.Append(separator == '{' ? "{}" : "}");
                break;
            case JsonValueKind.Array:
                text.Append('[');
                for (var i = 0; i < node.Items.Length; i++)
                {
                    if (i > 0) text.Append(',');
                    Write(node.Items[i], text);
                }

                text.Append(']');
                break;
            case JsonValueKind.String:
                Quote(node.Text, text);
                break;
            default:
                text.Append(node.Kind switch
                {
                    JsonValueKind.Number => node.Text,
                    JsonValueKind.True => "true",
                    JsonValueKind.False => "false",
                    _ => "null",
                });
                break;
        }
    }

    private static void Quote(string value, StringBuilder text)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' or '\\' => text.Append('\\').Append(c),
                '\b' => text.Append("\\b"),
                '\t' => text.Append("\\t"),
                '\n' => text.Append("\\n"),
                '\f' => text.Append("\\f"),
                '\r' => text.Append("\\r"),
                < ' ' => text.Append("\\u00").Append(((int)c).ToString("x2", System.Globalization.CultureInfo.InvariantCulture)),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }
}
