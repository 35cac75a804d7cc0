using System.Text.Json;

namespace Dispatcher.Workflows;

/// <summary>Reads <c>quota: { meter, estimate, actual, hold }</c>.</summary>
internal static class QuotaReader
{
    private const string Key = "quota";
    private const string Estimate = "estimate";
    private const string Actual = "actual";

    private static readonly string[] Keys = ["meter", Estimate, Actual, "hold"];

    /// <param name="compile">Compiles one of its fields; the third argument is true for the one that is evaluated before any step has run.</param>
    public static QuotaDefinition? Read(Fields workflow, FaultReport report, Func<SourceNode, FieldPath, bool, Template> compile)
    {
        if (workflow.Raw(Key) is not { } node || Fields.Open(node, workflow.Path.Property(Key), report, Keys) is not { } fields) return null;
        fields.Require("meter");
        fields.Require(Estimate);
        var meter = fields.Name("meter", NameRule.Meter);
        var estimate = Amount(fields, Estimate, report, compile);
        var actual = Amount(fields, Actual, report, compile);
        var hold = fields.Duration("hold");
        workflow.Keep(Key, fields.Canonical);
        return meter is null || estimate is null ? null : new QuotaDefinition(meter, estimate, actual, hold);
    }

    /// <summary>A number, or one expression; whatever can never be a number is a fault of the definition.</summary>
    private static Template? Amount(Fields fields, string key, FaultReport report, Func<SourceNode, FieldPath, bool, Template> compile)
    {
        if (fields.Kept(key) is not { } node) return null;
        var faults = report.Count;
        var template = compile(node, fields.Path.Property(key), string.Equals(key, Estimate, StringComparison.Ordinal));
        if (report.Count > faults) return template;
        var expression = template.Expressions().Select(found => found.Expression).FirstOrDefault();
        var kind = node.Kind != JsonValueKind.String ? node.Kind : expression is null || !template.IsSingle ? JsonValueKind.String : expression.StaticKind;
        if (kind is not (null or JsonValueKind.Number))
            fields.Fault(WorkflowFaultCodes.InvalidValue, key, $"must be a number or one expression, such as ${{input.minutes}}, not {JsonValues.NameOf(kind.Value)}");
        else if (node is { Kind: JsonValueKind.Number, Text: ['-', ..] })
            fields.Fault(WorkflowFaultCodes.InvalidValue, key, $"must be 0 or more, not {node.Text}");
        return template;
    }
}
