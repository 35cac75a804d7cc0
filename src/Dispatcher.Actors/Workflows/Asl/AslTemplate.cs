using System.Text.Json;

namespace Dispatcher.Workflows.Asl;

/// <summary>A payload template (<c>Parameters</c>): fields whose names end with <c>.$</c> are paths into the state's document, all others stay as they are.</summary>
internal sealed class AslTemplate(AslData document, AslBudget budget, FaultReport report)
{
    private const string PathMark = ".$";

    public SourceNode Of(SourceNode node, FieldPath path) => node.Kind switch
    {
        JsonValueKind.Object => new SourceNode { Kind = JsonValueKind.Object, Properties = [.. node.Properties.Select(property => Property(property, path.Property(property.Name)))], Line = node.Line, Column = node.Column },
        JsonValueKind.Array => new SourceNode { Kind = JsonValueKind.Array, Items = [.. node.Items.Select((item, index) => Of(item, path.Item(index)))], Line = node.Line, Column = node.Column },
        _ => Constant(node),
    };

    /// <summary>A value that holds no expression, whatever its texts look like.</summary>
    public static SourceNode Constant(SourceNode node) => node.Kind switch
    {
        JsonValueKind.Object => SourceNode.OfProperties(node.Properties.Select(property => (property.Name, Constant(property.Value)))),
        JsonValueKind.Array => SourceNode.OfItems(node.Items.Select(Constant)),
        JsonValueKind.String => AslFields.Instead(node, node.Text.Replace("${", "$${", StringComparison.Ordinal)),
        _ => node,
    };

    private SourceProperty Property(SourceProperty property, FieldPath path) => property.Name.EndsWith(PathMark, StringComparison.Ordinal)
        ? new SourceProperty(property.Name[..^PathMark.Length], property.Line, property.Column, Reference(property.Value, path))
        : property with { Value = Of(property.Value, path) };

    private SourceNode Reference(SourceNode value, FieldPath path)
    {
        var text = value.Kind == JsonValueKind.String ? value.Text : "";
        if (text is "$$.Execution.Id" or "$$.Execution.Name") return AslFields.Instead(value, "${job.id}");
        if (AslPath.Read(text) is { } parts) return AslFields.Instead(value, budget.IsSpent ? "" : $"${{{budget.Spend(document.At(parts), value, path)}}}");
        report.Add(WorkflowFaultCodes.InvalidValue, value, path,
            $"'{Suggestion.Clip(text)}' is not supported; supported are $.name, $['name'], [0] and $$.Execution.Id, and no functions");
        return SourceNode.OfString("");
    }
}
