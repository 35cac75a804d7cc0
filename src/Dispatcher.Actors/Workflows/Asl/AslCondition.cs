using System.Text.Json;

namespace Dispatcher.Workflows.Asl;

/// <summary>A rule of a Choice as an expression. A variable that leads nowhere counts as null, and null fulfils no comparison.</summary>
internal sealed class AslCondition(AslData document, AslBudget budget, FaultReport report)
{
    private const int Nesting = 20;

    private static readonly IReadOnlyDictionary<string, (JsonValueKind Kind, string Operator)> Comparisons = new Dictionary<string, (JsonValueKind, string)>(StringComparer.Ordinal)
    {
        ["BooleanEquals"] = (JsonValueKind.True, "=="),
        ["StringEquals"] = (JsonValueKind.String, "=="),
        ["StringLessThan"] = (JsonValueKind.String, "<"),
        ["StringLessThanEquals"] = (JsonValueKind.String, "<="),
        ["StringGreaterThan"] = (JsonValueKind.String, ">"),
        ["StringGreaterThanEquals"] = (JsonValueKind.String, ">="),
        ["NumericEquals"] = (JsonValueKind.Number, "=="),
        ["NumericLessThan"] = (JsonValueKind.Number, "<"),
        ["NumericLessThanEquals"] = (JsonValueKind.Number, "<="),
        ["NumericGreaterThan"] = (JsonValueKind.Number, ">"),
        ["NumericGreaterThanEquals"] = (JsonValueKind.Number, ">="),
        ["IsPresent"] = (JsonValueKind.True, "!= null"),
        ["IsNull"] = (JsonValueKind.True, "== null"),
    };

    private static readonly string[] Words = ["Variable", "And", "Or", "Not", "Next", "Comment", .. Comparisons.Keys];

    /// <summary>True or false as an expression; <c>false</c> where the rule has a fault, which is reported.</summary>
    public string Of(SourceNode rule, FieldPath path, int depth = 0)
    {
        if (depth > Nesting)
        {
            report.Add(WorkflowFaultCodes.TooLarge, rule, path, $"rules nest at most {Nesting} deep");
            return "false";
        }

        AslFields.RefuseOthers(rule, path, Words, "a rule", report);
        var given = rule.Properties.Where(property => property.Name is "And" or "Or" or "Not" || Comparisons.ContainsKey(property.Name)).ToList();
        if (given is not [var only])
        {
            report.Add(WorkflowFaultCodes.InvalidValue, rule, path, $"a rule has one comparison, And, Or or Not, and this one has {given.Count}");
            return "false";
        }

        var at = path.Property(only.Name);
        return only.Name switch
        {
            "Not" => $"!({Of(only.Value, at, depth + 1)})",
            "And" => Joined(rule, path, "And", " && ", depth),
            "Or" => Joined(rule, path, "Or", " || ", depth),
            _ => Comparison(rule, path, only, at),
        };
    }

    private string Joined(SourceNode rule, FieldPath path, string name, string @operator, int depth)
    {
        var parts = AslFields.Items(rule, path, name, report).Select(item => $"({Of(item.Node, item.Path, depth + 1)})").ToList();
        if (parts.Count == 0) report.Add(WorkflowFaultCodes.InvalidValue, rule, path.Property(name), "needs at least one rule");
        return parts.Count == 0 ? "false" : string.Join(@operator, parts);
    }

    private string Comparison(SourceNode rule, FieldPath path, SourceProperty comparison, FieldPath at)
    {
        var (kind, @operator) = Comparisons[comparison.Name];
        var value = comparison.Value;
        var isOfKind = value.Kind == kind || (kind == JsonValueKind.True && value.Kind == JsonValueKind.False);
        if (!isOfKind) report.Add(WorkflowFaultCodes.WrongType, value, at, $"must be {JsonValues.NameOf(kind)}, not {JsonValues.NameOf(value.Kind)}");
        if (AslFields.Text(rule, path, "Variable", isRequired: true, report) is not { } text) return "false";
        if (AslPath.Read(text) is not { } parts)
        {
            report.Add(WorkflowFaultCodes.InvalidValue, rule.Property("Variable")!, path.Property("Variable"), $"'{Suggestion.Clip(text)}' is no path that is supported: $.name, $['name'] and [0]");
            return "false";
        }

        if (!isOfKind || budget.IsSpent) return "false";
        var variable = $"default({budget.Spend(document.At(parts), value, at)}, null)";
        if (comparison.Name is "IsPresent" or "IsNull") return value.Kind == JsonValueKind.True ? $"{variable} {@operator}" : $"!({variable} {@operator})";
        var literal = value.Kind switch
        {
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            JsonValueKind.String => Expression.Quote(value.Text),
            _ => value.Text,
        };
        return @operator == "==" ? $"{variable} == {literal}" : $"({variable} != null && {variable} {@operator} {literal})";
    }
}
