using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dispatcher.Workflows;

/// <summary>
/// A subset of JSON Schema draft 2020-12: type (one or a list), required, properties, additionalProperties (true or false), items, enum,
/// const, pattern, minimum, maximum, minLength, maxLength, minItems, maxItems, default, description, format (only <c>path</c>). Other keywords
/// are refused, so that
/// nobody relies on a rule that is not checked. Immutable.
/// </summary>
public sealed class JsonSchema
{
    private const string TextType = "string";

    internal JsonSchema()
    {
    }

    /// <summary>The types that a value may have; empty allows all.</summary>
    internal ImmutableArray<string> Types { get; init; } = [];

    internal ImmutableArray<string> Required { get; init; } = [];

    internal ImmutableSortedDictionary<string, JsonSchema> Properties { get; init; } = ImmutableSortedDictionary.Create<string, JsonSchema>(StringComparer.Ordinal);

    internal bool AllowsAdditionalProperties { get; init; } = true;

    internal JsonSchema? Items { get; init; }

    internal ImmutableArray<JsonElement> Enum { get; init; } = [];

    internal JsonElement? Const { get; init; }

    internal Regex? Pattern { get; init; }

    internal JsonElement? Minimum { get; init; }

    internal JsonElement? Maximum { get; init; }

    internal int? MinLength { get; init; }

    internal int? MaxLength { get; init; }

    internal int? MinItems { get; init; }

    internal int? MaxItems { get; init; }

    /// <summary>The value that <see cref="ApplyDefaults"/> puts where there is none.</summary>
    public JsonElement? Default { get; internal init; }

    public string? Description { get; internal init; }

    /// <summary>True for <c>format: path</c>: a text that names a file, which whoever submits from a shell means from where he stands.</summary>
    public bool IsPath { get; internal init; }

    /// <summary>True when a value can only be a text, so that <c>1</c> typed in a shell means the text "1".</summary>
    public bool AllowsOnlyText => Types is [TextType] || (Types.IsEmpty && !Enum.IsEmpty && Enum.All(value => value.ValueKind == JsonValueKind.String));

    /// <summary>The schema of a property; null if this schema says nothing of it.</summary>
    public JsonSchema? PropertyOf(string name) => Properties.GetValueOrDefault(name);

    /// <summary>Reads a schema.</summary>
    /// <exception cref="JsonSchemaException">Lists everything that is wrong with it.</exception>
    public static JsonSchema Parse(string json) => JsonSchemaReader.Read(json);

    /// <inheritdoc cref="Parse(string)"/>
    public static JsonSchema Parse(JsonElement schema) => JsonSchemaReader.Read(schema);

    /// <summary>All that is wrong with a value, in the order of the value; empty if it fits. A null value means that there is none.</summary>
    public IReadOnlyList<SchemaFault> Validate(JsonElement? value) => Texts(FaultsOf(value, templates: false));

    /// <summary>
    /// Like <see cref="Validate"/>, for a value whose texts may hold expressions: a text that is one whole <c>${...}</c> fits any type, since
    /// its value is not known yet; a text with an expression in it is some string.
    /// </summary>
    public IReadOnlyList<SchemaFault> ValidateTemplate(JsonElement? value) => Texts(FaultsOf(value, templates: true));

    /// <summary>The value with defaults put in for missing properties, at any depth; an absent value becomes the default or an empty object.</summary>
    public JsonElement ApplyDefaults(JsonElement? value) => JsonSchemaDefaults.Apply(this, value);

    /// <summary>The value with each text whose schema has <c>format: path</c> replaced; nothing else changes.</summary>
    public JsonElement MapPaths(JsonElement value, Func<string, string> map) => JsonSchemaPaths.Map(this, value, map);

    internal IReadOnlyList<(FieldPath Path, string Message)> FaultsOf(JsonElement? value, bool templates)
    {
        try
        {
            return new JsonSchemaValidator(templates).Faults(this, value);
        }
        catch (InvalidOperationException)
        {
            // System.Text.Json reads a lone surrogate ("\ud800") only when somebody asks for the text.
            return [(FieldPath.Root, "a text in it is not valid Unicode")];
        }
    }

    private static IReadOnlyList<SchemaFault> Texts(IReadOnlyList<(FieldPath Path, string Message)> faults) =>
        faults.Count == 0 ? [] : [.. faults.Select(fault => new SchemaFault(fault.Path.ToString(), fault.Message))];
}

/// <summary>One thing that is wrong with a value.</summary>
/// <param name="Path">The place in the value: <c>args[2].name</c>; empty for the value itself.</param>
/// <param name="Message">What is wrong there, without the place.</param>
public sealed record SchemaFault(string Path, string Message)
{
    public override string ToString() => Path.Length == 0 ? Message : $"{Path}: {Message}";
}

/// <summary>A schema is refused; lists everything that is wrong with it.</summary>
public sealed class JsonSchemaException : Exception
{
    public JsonSchemaException(IReadOnlyList<SchemaFault> faults) : base("The JSON schema is not valid: " + string.Join("; ", faults)) =>
        Faults = faults;

    /// <summary>The paths lead into the schema: <c>properties.video.type</c>.</summary>
    public IReadOnlyList<SchemaFault> Faults { get; }
}
