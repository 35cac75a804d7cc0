namespace Dispatcher.Workflows;

/// <summary>
/// A subset of JSON Schema draft 2020-12: type, required, properties, additionalProperties (boolean), items, enum, pattern, minimum, maximum,
/// minLength, maxLength, minItems, maxItems, default, description.
/// </summary>
public sealed class JsonSchema
{
    public static JsonSchema Parse(string json) => throw new NotSupportedException(json);
}
