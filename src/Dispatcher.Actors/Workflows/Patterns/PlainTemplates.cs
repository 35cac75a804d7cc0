using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows.Patterns;

/// <summary>Templates that belong to no job yet: those of a pattern see <c>params</c>, those of a schedule see <c>schedule</c>.</summary>
internal static class PlainTemplates
{
    /// <summary>Finds expressions that cannot be read, or that can never have a value.</summary>
    /// <param name="root">The one name that they see.</param>
    /// <param name="schema">Of the parameters, if they are described.</param>
    public static void Check(JsonElement value, string field, PathRoot root, JsonSchema? schema, List<SchemaFault> faults)
    {
        try
        {
            var rules = new ExpressionRules { KnownSteps = [], Only = root, Params = schema };
            foreach (var (expression, path) in Template.Parse(value, field).Expressions())
                new ExpressionChecker(rules, (offset, reason) => faults.Add(new SchemaFault(path.ToString(), $"column {offset + 1}: {reason}"))).Check(expression);
        }
        catch (ExpressionException exception)
        {
            faults.Add(new SchemaFault(exception.Field, $"column {exception.Column}: {exception.Reason}"));
        }
    }

    /// <exception cref="ExpressionException">An expression has no value.</exception>
    public static JsonElement? Evaluate(JsonElement? value, string field, PlainScope scope) =>
        value is { ValueKind: not JsonValueKind.Null } given ? Template.Parse(given, field).Evaluate(scope) : null;
}

/// <summary>What such templates see.</summary>
internal sealed record PlainScope(string Tenant, JsonElement? Params = null, JsonElement? Schedule = null) : IExpressionScope
{
    public JsonElement? Input => null;

    public JsonElement? Item => null;

    public int? ItemIndex => null;

    public JobId JobId => default;

    public JsonElement? Env => null;

    public StepView Step(string id) => default;

    public string ArtifactPath(string relative) => relative;
}
