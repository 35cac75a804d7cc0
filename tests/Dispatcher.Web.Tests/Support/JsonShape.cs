using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dispatcher.Web.Tests.Support;

/// <summary>
/// Compares JSON with a schema of the OpenAPI document: the keywords that the document uses, and no others. Stricter than a client: a field that the
/// schema does not name is a fault, so that nothing is answered that is not documented.
/// </summary>
internal sealed class JsonShape(JsonElement document)
{
    private static readonly HashSet<string> Known = new(
        ["$ref", "type", "enum", "properties", "required", "items", "additionalProperties", "oneOf", "format", "description", "example", "examples", "default", "minimum", "maximum", "pattern", "title"],
        StringComparer.Ordinal);

    /// <summary>All that is wrong, each with its place; empty if the value fits.</summary>
    public IReadOnlyList<string> Faults(JsonElement schema, JsonElement value)
    {
        var faults = new List<string>();
        Check(schema, value, "$", faults);
        return faults;
    }

    private void Check(JsonElement schema, JsonElement value, string path, List<string> faults)
    {
        if (schema.ValueKind == JsonValueKind.True) return;
        if (schema.TryGetProperty("$ref", out var reference))
        {
            Check(Resolve(reference.GetString()!), value, path, faults);
            return;
        }

        foreach (var keyword in schema.EnumerateObject().Where(keyword => !Known.Contains(keyword.Name) && !keyword.Name.StartsWith("x-", StringComparison.Ordinal)))
            faults.Add($"{path}: the schema has a keyword '{keyword.Name}' that is not checked");
        if (schema.TryGetProperty("oneOf", out var choices))
        {
            var fitting = choices.EnumerateArray().Count(choice => Faults(choice, value).Count == 0);
            if (fitting != 1) faults.Add($"{path}: fits {fitting} of oneOf");
        }

        if (schema.TryGetProperty("type", out var type) && !TypesOf(type).Any(name => IsOf(name, value)))
        {
            faults.Add($"{path}: is {value.ValueKind}, not {type}");
            return;
        }

        if (schema.TryGetProperty("enum", out var words) && !words.EnumerateArray().Any(word => JsonElement.DeepEquals(word, value))) faults.Add($"{path}: {value} is not one of {words}");
        if (value.ValueKind == JsonValueKind.Object) CheckObject(schema, value, path, faults);
        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items)) CheckItems(items, value, path, faults);
        if (value.ValueKind == JsonValueKind.String) CheckText(schema, value.GetString()!, path, faults);
        if (value.ValueKind == JsonValueKind.Number) CheckNumber(schema, value.GetDouble(), path, faults);
    }

    private void CheckItems(JsonElement items, JsonElement value, string path, List<string> faults)
    {
        var index = 0;
        foreach (var item in value.EnumerateArray()) Check(items, item, $"{path}[{index++}]", faults);
    }

    private void CheckObject(JsonElement schema, JsonElement value, string path, List<string> faults)
    {
        var hasProperties = schema.TryGetProperty("properties", out var properties);
        var hasMore = schema.TryGetProperty("additionalProperties", out var more) && more.ValueKind == JsonValueKind.Object;
        foreach (var required in schema.TryGetProperty("required", out var names) ? names.EnumerateArray() : default)
        {
            if (!value.TryGetProperty(required.GetString()!, out _)) faults.Add($"{path}: '{required}' is missing");
        }

        foreach (var property in value.EnumerateObject())
        {
            if (hasProperties && properties.TryGetProperty(property.Name, out var own)) Check(own, property.Value, $"{path}.{property.Name}", faults);
            else if (hasMore) Check(more, property.Value, $"{path}.{property.Name}", faults);
            else if (hasProperties) faults.Add($"{path}: '{property.Name}' is not documented");
        }
    }

    private static void CheckText(JsonElement schema, string text, string path, List<string> faults)
    {
        if (schema.TryGetProperty("pattern", out var pattern) && !Regex.IsMatch(text, pattern.GetString()!, RegexOptions.None, TimeSpan.FromSeconds(1))) faults.Add($"{path}: '{text}' does not match {pattern}");
        if (!schema.TryGetProperty("format", out var format)) return;
        var fits = format.GetString() switch
        {
            "uuid" => Guid.TryParseExact(text, "D", out _),
            "date-time" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out _) && text.Contains('T', StringComparison.Ordinal),
            "uri" => Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out _),
            _ => true,
        };
        if (!fits) faults.Add($"{path}: '{text}' is no {format}");
    }

    private static void CheckNumber(JsonElement schema, double number, string path, List<string> faults)
    {
        if (schema.TryGetProperty("minimum", out var minimum) && number < minimum.GetDouble()) faults.Add($"{path}: {number} is below {minimum}");
        if (schema.TryGetProperty("maximum", out var maximum) && number > maximum.GetDouble()) faults.Add($"{path}: {number} is above {maximum}");
    }

    private JsonElement Resolve(string reference)
    {
        var value = document;
        foreach (var part in reference.TrimStart('#', '/').Split('/')) value = value.GetProperty(part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal));
        return value;
    }

    private static IEnumerable<string> TypesOf(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(name => name.GetString()!) : [type.GetString()!];

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && decimal.Truncate(number) == number,
        _ => false,
    };
}
