using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dispatcher.Workflows;

/// <summary>Puts a schema's defaults where a value has nothing.</summary>
internal static class JsonSchemaDefaults
{
    private static readonly JsonElement EmptyObject = JsonElement.Parse("{}");

    public static JsonElement Apply(JsonSchema schema, JsonElement? value)
    {
        var present = value ?? schema.Default ?? EmptyObject;
        if (!HasDefaults(schema)) return present;
        var node = JsonSerializer.SerializeToNode(present);
        Fill(schema, node);
        return JsonSerializer.SerializeToElement(node);
    }

    private static bool HasDefaults(JsonSchema schema) =>
        schema.Properties.Values.Any(property => property.Default is not null || HasDefaults(property)) || (schema.Items is { } items && HasDefaults(items));

    private static void Fill(JsonSchema schema, JsonNode? node)
    {
        if (node is JsonObject values)
        {
            foreach (var (name, property) in schema.Properties)
            {
                if (!values.ContainsKey(name) && property.Default is { } missing) values[name] = JsonSerializer.SerializeToNode(missing);
                Fill(property, values[name]);
            }
        }
        else if (node is JsonArray items && schema.Items is { } item)
        {
            foreach (var element in items) Fill(item, element);
        }
    }
}
