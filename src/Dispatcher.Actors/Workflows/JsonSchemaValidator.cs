using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dispatcher.Workflows;

/// <summary>Compares a value with a schema and collects every difference, at most <see cref="WorkflowLimits.Faults"/>.</summary>
/// <param name="templates">True: texts may hold expressions whose values are not known yet.</param>
internal sealed class JsonSchemaValidator(bool templates)
{
    private readonly List<(FieldPath Path, string Message)> _faults = [];

    public IReadOnlyList<(FieldPath Path, string Message)> Faults(JsonSchema schema, JsonElement? value)
    {
        if (value is { } present) Value(schema, present, FieldPath.Root, 1);
        else if (schema.Types.IsEmpty || schema.Types.Contains("object", StringComparer.Ordinal)) Required(schema, default, FieldPath.Root);
        else if (!schema.Types.Contains("null", StringComparer.Ordinal)) Fault(FieldPath.Root, $"a value is required: {OneOf(schema.Types)}");
        return _faults;
    }

    private void Value(JsonSchema schema, JsonElement value, FieldPath path, int depth)
    {
        if (depth > WorkflowLimits.Nesting)
        {
            Fault(path, $"values nest at most {WorkflowLimits.Nesting} deep");
            return;
        }

        var text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        var form = templates && text is not null ? TemplateText.FormOf(text) : TemplateForm.Constant;
        if (form == TemplateForm.Expression) return;
        if (!HasType(schema, value))
        {
            Fault(path, $"must be {OneOf(schema.Types)}, not {NameOf(value)}");
            return;
        }

        if (form == TemplateForm.Mixed) return;
        if (text is not null && templates) text = TemplateText.Unescape(text);
        Allowed(schema, value, text, path);
        switch (value.ValueKind)
        {
            case JsonValueKind.Object: Object(schema, value, path, depth); break;
            case JsonValueKind.Array: Array(schema, value, path, depth); break;
            case JsonValueKind.String: Text(schema, text!, path); break;
            case JsonValueKind.Number: Number(schema, value, path); break;
        }
    }

    private static bool HasType(JsonSchema schema, JsonElement value)
    {
        if (schema.Types.IsEmpty) return true;
        var name = NameOf(value);
        foreach (var type in schema.Types)
        {
            if (string.Equals(type, name, StringComparison.Ordinal)) return true;
            if (type is "number" or "integer" && value.ValueKind == JsonValueKind.Number && (type is "number" || JsonNumber.IsInteger(value))) return true;
        }

        return false;
    }

    private void Allowed(JsonSchema schema, JsonElement value, string? text, FieldPath path)
    {
        if (schema.Enum.IsEmpty && schema.Const is null) return;
        if (templates && value.ValueKind is JsonValueKind.Object or JsonValueKind.Array && TemplateText.HasExpression(value)) return;
        bool Same(JsonElement allowed) =>
            text is null || allowed.ValueKind != JsonValueKind.String
                ? JsonElement.DeepEquals(allowed, value)
                : string.Equals(allowed.GetString(), text, StringComparison.Ordinal);
        if (schema.Const is { } constant && !Same(constant)) Fault(path, $"must be {Suggestion.Clip(constant.GetRawText())}");
        if (!schema.Enum.IsEmpty && !schema.Enum.Any(Same))
            Fault(path, $"must be one of {Suggestion.List(schema.Enum.Select(allowed => allowed.GetRawText()))}");
    }

    private void Object(JsonSchema schema, JsonElement value, FieldPath path, int depth)
    {
        Required(schema, value, path);
        foreach (var property in value.EnumerateObject())
        {
            if (schema.Properties.TryGetValue(property.Name, out var known))
                Value(known, property.Value, path.Property(property.Name), depth + 1);
            else if (!schema.AllowsAdditionalProperties)
                Fault(path.Property(property.Name),
                    $"is not a known property{Suggestion.For(property.Name, schema.Properties.Keys)}; known are {Suggestion.List(schema.Properties.Keys)}");
        }
    }

    private void Required(JsonSchema schema, JsonElement value, FieldPath path)
    {
        foreach (var name in schema.Required)
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out _))
                Fault(path, $"the property '{name}' is required");
        }
    }

    private void Array(JsonSchema schema, JsonElement value, FieldPath path, int depth)
    {
        var length = value.GetArrayLength();
        if (length < schema.MinItems) Fault(path, $"must have at least {schema.MinItems} items, not {length}");
        if (length > schema.MaxItems) Fault(path, $"must have at most {schema.MaxItems} items, not {length}");
        if (schema.Items is null) return;
        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            if (_faults.Count >= WorkflowLimits.Faults) return;
            Value(schema.Items, item, path.Item(index++), depth + 1);
        }
    }

    private void Text(JsonSchema schema, string text, FieldPath path)
    {
        if (schema.MinLength is not null || schema.MaxLength is not null)
        {
            // The specification counts Unicode characters, not UTF-16 units.
            var length = text.EnumerateRunes().Count();
            if (length < schema.MinLength) Fault(path, $"must have at least {schema.MinLength} characters, not {length}");
            if (length > schema.MaxLength) Fault(path, $"must have at most {schema.MaxLength} characters, not {length}");
        }

        if (schema.Pattern is null) return;
        try
        {
            if (!schema.Pattern.IsMatch(text)) Fault(path, $"must match the pattern {schema.Pattern}");
        }
        catch (RegexMatchTimeoutException)
        {
            Fault(path, $"takes too long to compare with the pattern {schema.Pattern}");
        }
    }

    private void Number(JsonSchema schema, JsonElement value, FieldPath path)
    {
        if (schema.Minimum is { } minimum && JsonNumber.Compare(value, minimum) < 0)
            Fault(path, $"must be at least {minimum}, not {Suggestion.Clip(value.GetRawText())}");
        if (schema.Maximum is { } maximum && JsonNumber.Compare(value, maximum) > 0)
            Fault(path, $"must be at most {maximum}, not {Suggestion.Clip(value.GetRawText())}");
    }

    private static string OneOf(IEnumerable<string> types) => string.Join(" or ", types);

    private static string NameOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "boolean",
        var kind => kind.ToString().ToLowerInvariant(),
    };

    private void Fault(FieldPath path, string message)
    {
        if (_faults.Count < WorkflowLimits.Faults) _faults.Add((path, message));
    }
}
