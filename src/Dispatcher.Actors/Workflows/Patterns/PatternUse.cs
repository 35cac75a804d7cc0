using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows.Patterns;

/// <summary>What a pattern makes of parameters.</summary>
/// <param name="Workflow">The name; null when the pattern brought its definition.</param>
public sealed record PatternUse(string? Workflow, int? WorkflowVersion, WorkflowReference? Pinned, JsonElement Input, ImmutableSortedDictionary<string, string> Labels, int Priority)
{
    /// <summary>Puts parameters into a pattern. Pure: the same parameters give the same job.</summary>
    /// <returns>The use, or what is wrong with the parameters.</returns>
    public static (PatternUse? Use, IReadOnlyList<SchemaFault> Faults) Of(PatternDefinition pattern, string tenant, JsonElement? parameters)
    {
        if (parameters is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Null) }) return (null, [new SchemaFault("params", "must be an object")]);
        var schema = pattern.Params is { } json ? JsonSchema.Parse(json) : null;
        var given = parameters is { ValueKind: JsonValueKind.Null } ? null : parameters;
        if (schema?.Validate(given) is { Count: > 0 } faults)
            return (null, [.. faults.Select(fault => fault with { Path = fault.Path.Length == 0 ? "params" : $"params.{fault.Path}" })]);
        var full = schema is null ? given ?? JsonElement.Parse("{}") : schema.ApplyDefaults(given);
        try
        {
            return Fill(pattern, new PlainScope(tenant, full), full);
        }
        catch (ExpressionException exception)
        {
            return (null, [new SchemaFault(exception.Field, $"column {exception.Column}: {exception.Reason}")]);
        }
    }

    private static (PatternUse? Use, IReadOnlyList<SchemaFault> Faults) Fill(PatternDefinition pattern, PlainScope scope, JsonElement parameters)
    {
        var workflow = pattern.Workflow is { } name ? PlainTemplates.Evaluate(JsonValues.Text(name), "workflow", scope) : null;
        if (workflow is { ValueKind: not JsonValueKind.String }) return (null, [new SchemaFault("workflow", "the expression must give a text")]);
        var input = pattern.Input is null ? parameters : PlainTemplates.Evaluate(pattern.Input, "input", scope) ?? JsonElement.Parse("{}");
        if (input.ValueKind != JsonValueKind.Object) return (null, [new SchemaFault("input", "the expression must give an object")]);
        var priority = PlainTemplates.Evaluate(pattern.Priority, "priority", scope);
        if (PriorityOf(priority) is not { } number)
            return (null, [new SchemaFault("priority", $"must give a whole number from -{JobLimits.PriorityMagnitude} to {JobLimits.PriorityMagnitude}")]);
        var labels = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (PlainTemplates.Evaluate(pattern.Labels, "labels", scope) is { } texts)
        {
            foreach (var label in texts.EnumerateObject())
            {
                if (TextOf(label.Value) is not { Length: <= JobLimits.LabelCharacters } text || label.Name.Contains('=', StringComparison.Ordinal) || label.Name.Length is 0 or > JobLimits.LabelCharacters)
                    return (null, [new SchemaFault($"labels.{Suggestion.Clip(label.Name)}", $"a label's name (without '=') and value have at most {JobLimits.LabelCharacters} characters")]);
                labels[label.Name] = text;
            }
        }

        return (new PatternUse(workflow?.GetString(), pattern.WorkflowVersion, pattern.Pinned, input, labels.ToImmutable(), number), []);
    }

    private static int? PriorityOf(JsonElement? value)
    {
        int? number = value switch
        {
            null => 0,
            { ValueKind: JsonValueKind.Number } given when given.TryGetInt32(out var whole) => whole,
            { ValueKind: JsonValueKind.String } given when int.TryParse(given.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
            _ => null,
        };
        return number is { } known && Math.Abs((long)known) <= JobLimits.PriorityMagnitude ? known : null;
    }

    private static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };
}
