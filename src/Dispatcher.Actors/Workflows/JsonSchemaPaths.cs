using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dispatcher.Workflows;

/// <summary>Replaces the texts of a value that its schema calls paths.</summary>
internal static class JsonSchemaPaths
{
    public static JsonElement Map(JsonSchema schema, JsonElement value, Func<string, string> map)
    {
        if (!HasPaths(schema)) return value;
        return JsonSerializer.SerializeToElement(Replace(schema, JsonSerializer.SerializeToNode(value), map));
    }

    private static bool HasPaths(JsonSchema schema) =>
        schema.IsPath || schema.Properties.Values.Any(HasPaths) || (schema.Items is { } items && HasPaths(items));

    private static JsonNode? Replace(JsonSchema schema, JsonNode? node, Func<string, string> map)
    {
        switch (node)
        {
            case JsonValue text when schema.IsPath && text.GetValueKind() == JsonValueKind.String:
                return JsonValue.Create(map(text.GetValue<string>()));
            case JsonObject fields:
                foreach (var (name, property) in schema.Properties)
                {
                    if (fields[name] is { } before && Replace(property, before, map) is { } after && after != before) fields[name] = after;
                }

                return fields;
            case JsonArray items when schema.Items is { } item:
                for (var i = 0; i < items.Count; i++)
                {
                    if (items[i] is { } before && Replace(item, before, map) is { } after && after != before) items[i] = after;
                }

                return items;
            default:
                return node;
        }
    }
}
