using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dispatcher.Workflows;

/// <summary>Reads a schema and collects everything that is wrong with it.</summary>
internal sealed class JsonSchemaReader
{
    public static readonly string[] Keywords =
    [
        "type", "required", "properties", "additionalProperties", "items", "enum", "const", "pattern", "minimum", "maximum",
        "minLength", "maxLength", "minItems", "maxItems", "default", "description", "format",
    ];

    private static readonly string[] TypeNames = ["object", "array", "string", "number", "integer", "boolean", "null"];

    /// <summary>Bounds one match; the engine without backtracking is linear in the text, but a pattern may still be costly.</summary>
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromMilliseconds(200);

    private readonly List<(FieldPath Path, string Message)> _faults = [];

    public static JsonSchema Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(document.RootElement.Clone());
        }
        catch (JsonException exception)
        {
            throw new JsonSchemaException([new SchemaFault("", $"it is not JSON: {exception.Message}")]);
        }
    }

    public static JsonSchema Read(JsonElement schema)
    {
        var (result, faults) = TryRead(schema);
        return faults.Count == 0 ? result : throw new JsonSchemaException([.. faults.Select(fault => new SchemaFault(fault.Path.ToString(), fault.Message))]);
    }

    public static (JsonSchema Schema, IReadOnlyList<(FieldPath Path, string Message)> Faults) TryRead(JsonElement schema)
    {
        var reader = new JsonSchemaReader();
        try
        {
            return (reader.Schema(schema, FieldPath.Root, 1), reader._faults);
        }
        catch (InvalidOperationException)
        {
            // System.Text.Json reads a lone surrogate ("\ud800") only when somebody asks for the text.
            return (new JsonSchema(), [(FieldPath.Root, "a text in it is not valid Unicode")]);
        }
    }

    private JsonSchema Schema(JsonElement json, FieldPath path, int depth)
    {
        if (json.ValueKind != JsonValueKind.Object || depth > WorkflowLimits.Nesting)
        {
            Fault(path, depth > WorkflowLimits.Nesting ? $"schemas nest at most {WorkflowLimits.Nesting} deep" : "a schema is an object");
            return new JsonSchema();
        }

        foreach (var property in json.EnumerateObject().Where(property => !Keywords.Contains(property.Name, StringComparer.Ordinal)))
        {
            var suggestion = Suggestion.For(property.Name, Keywords);
            Fault(path.Property(property.Name), $"this keyword is not supported{suggestion}; supported are {string.Join(", ", Keywords)}");
        }

        var schema = new JsonSchema
        {
            Types = Types(json, path),
            Required = Texts(json, "required", path),
            Properties = Properties(json, path, depth),
            AllowsAdditionalProperties = Flag(json, "additionalProperties", path),
            Items = json.TryGetProperty("items", out var items) ? Schema(items, path.Property("items"), depth + 1) : null,
            Enum = Enum(json, path),
            Const = Get(json, "const"),
            Pattern = Pattern(json, path),
            Minimum = Number(json, "minimum", path),
            Maximum = Number(json, "maximum", path),
            MinLength = Count(json, "minLength", path),
            MaxLength = Count(json, "maxLength", path),
            MinItems = Count(json, "minItems", path),
            MaxItems = Count(json, "maxItems", path),
            Default = Get(json, "default"),
            Description = Text(json, "description", path),
            IsPath = Format(json, path),
        };
        CheckAgainstItself(schema, path);
        return schema;
    }

    /// <summary>A schema that no value can fit, or whose default does not fit, is a mistake of its author.</summary>
    private void CheckAgainstItself(JsonSchema schema, FieldPath path)
    {
        if (schema.Minimum is { } minimum && schema.Maximum is { } maximum && JsonNumber.Compare(minimum, maximum) > 0)
            Fault(path.Property("minimum"), $"minimum {minimum} is above maximum {maximum}");
        if (schema.MinLength > schema.MaxLength)
            Fault(path.Property("minLength"), $"minLength {schema.MinLength} is above maxLength {schema.MaxLength}");
        if (schema.MinItems > schema.MaxItems)
            Fault(path.Property("minItems"), $"minItems {schema.MinItems} is above maxItems {schema.MaxItems}");
        if (!schema.AllowsAdditionalProperties)
        {
            foreach (var name in schema.Required.Where(name => !schema.Properties.ContainsKey(name)))
                Fault(path.Property("required"), $"'{name}' is required but not among the properties, and no others are allowed");
        }

        if (schema.Default is null) return;
        foreach (var (_, message) in schema.FaultsOf(schema.Default, templates: false))
            Fault(path.Property("default"), $"does not fit its own schema: {message}");
    }

    private ImmutableArray<string> Types(JsonElement json, FieldPath path)
    {
        var types = json.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? [type.GetString()!] : Texts(json, "type", path);
        foreach (var name in types.Where(name => !TypeNames.Contains(name, StringComparer.Ordinal)))
            Fault(path.Property("type"), $"'{Suggestion.Clip(name)}' is not a type{Suggestion.For(name, TypeNames)}; types are {string.Join(", ", TypeNames)}");
        if (types.IsEmpty && type.ValueKind == JsonValueKind.Array) Fault(path.Property("type"), "a list of types names at least one");
        return types;
    }

    private ImmutableSortedDictionary<string, JsonSchema> Properties(JsonElement json, FieldPath path, int depth)
    {
        var properties = ImmutableSortedDictionary.CreateBuilder<string, JsonSchema>(StringComparer.Ordinal);
        if (!json.TryGetProperty("properties", out var value)) return properties.ToImmutable();
        if (value.ValueKind != JsonValueKind.Object)
        {
            Fault(path.Property("properties"), "it is an object of schemas, one for each property");
            return properties.ToImmutable();
        }

        foreach (var property in value.EnumerateObject())
            properties[property.Name] = Schema(property.Value, path.Property("properties").Property(property.Name), depth + 1);
        return properties.ToImmutable();
    }

    private ImmutableArray<JsonElement> Enum(JsonElement json, FieldPath path)
    {
        if (!json.TryGetProperty("enum", out var value)) return [];
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0) return [.. value.EnumerateArray()];
        Fault(path.Property("enum"), "it is a list of at least one value");
        return [];
    }

    private Regex? Pattern(JsonElement json, FieldPath path)
    {
        if (Text(json, "pattern", path) is not { } pattern) return null;
        if (pattern.Length > WorkflowLimits.PatternCharacters)
        {
            Fault(path.Property("pattern"), $"a pattern has at most {WorkflowLimits.PatternCharacters} characters, not {pattern.Length}");
            return null;
        }

        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, MatchTimeout);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            var reason = exception is NotSupportedException
                ? "look-around, back-references, atomic groups and very large repetitions are not supported"
                : exception.Message;
            Fault(path.Property("pattern"), $"it is not a regular expression of the supported kind: {reason}");
            return null;
        }
    }

    private ImmutableArray<string> Texts(JsonElement json, string keyword, FieldPath path)
    {
        if (!json.TryGetProperty(keyword, out var value)) return [];
        if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String))
            return [.. value.EnumerateArray().Select(item => item.GetString()!)];
        Fault(path.Property(keyword), string.Equals(keyword, "type", StringComparison.Ordinal) ? "it is a type's name or a list of them" : "it is a list of names");
        return [];
    }

    private string? Text(JsonElement json, string keyword, FieldPath path)
    {
        if (!json.TryGetProperty(keyword, out var value)) return null;
        if (value.ValueKind == JsonValueKind.String) return value.GetString();
        Fault(path.Property(keyword), "it is a text");
        return null;
    }

    private bool Format(JsonElement json, FieldPath path)
    {
        if (Text(json, "format", path) is not { } format) return false;
        if (string.Equals(format, "path", StringComparison.Ordinal)) return true;
        Fault(path.Property("format"), "the only format that means something here is 'path': a file on the machine that runs the job");
        return false;
    }

    private bool Flag(JsonElement json, string keyword, FieldPath path)
    {
        if (!json.TryGetProperty(keyword, out var value)) return true;
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            Fault(path.Property(keyword), "it is true or false; a schema is not supported here");
        return value.ValueKind != JsonValueKind.False;
    }

    private JsonElement? Number(JsonElement json, string keyword, FieldPath path)
    {
        if (!json.TryGetProperty(keyword, out var value)) return null;
        if (value.ValueKind == JsonValueKind.Number) return value;
        Fault(path.Property(keyword), "it is a number");
        return null;
    }

    private int? Count(JsonElement json, string keyword, FieldPath path)
    {
        if (!json.TryGetProperty(keyword, out var value)) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count >= 0) return count;
        Fault(path.Property(keyword), "it is a whole number, 0 or more");
        return null;
    }

    private static JsonElement? Get(JsonElement json, string keyword) => json.TryGetProperty(keyword, out var value) ? value : null;

    private void Fault(FieldPath path, string message)
    {
        if (_faults.Count < WorkflowLimits.Faults) _faults.Add((path, message));
    }
}
