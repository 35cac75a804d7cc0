using System.Globalization;
using System.Text.Json;

namespace Dispatcher.Workflows.Asl;

/// <summary>Reads fields of a state machine; what is not supported is refused by its name and place.</summary>
internal static class AslFields
{
    private static readonly string[] DocumentPaths = ["InputPath", "OutputPath"];

    public static void RefuseOthers(SourceNode node, FieldPath path, IReadOnlyCollection<string> supported, string what, FaultReport report)
    {
        foreach (var property in node.Properties.Where(property => !supported.Contains(property.Name)))
        {
            report.Add(WorkflowFaultCodes.UnknownKey, (property.Line, property.Column), path.Property(property.Name),
                $"is not supported in {what}{Suggestion.For(property.Name, supported)}; supported are {string.Join(", ", supported)}");
        }
    }

    /// <summary>A state gets the whole document and hands on the whole.</summary>
    public static void RequireWholeDocument(SourceNode node, FieldPath path, FaultReport report)
    {
        foreach (var field in DocumentPaths)
        {
            if (node.Property(field) is { } value && value is not { Kind: JsonValueKind.String, Text: "$" })
                report.Add(WorkflowFaultCodes.InvalidValue, value, path.Property(field), "only \"$\" is supported; choose the parts in `Parameters` and `ResultPath`");
        }
    }

    public static string? Text(SourceNode node, FieldPath path, string field, bool isRequired, FaultReport report)
    {
        if (node.Property(field) is not { } value)
        {
            if (isRequired) report.Add(WorkflowFaultCodes.MissingKey, node, path, $"the field `{field}` is missing");
            return null;
        }

        if (value.Kind == JsonValueKind.String && value.Text.Length > 0) return value.Text;
        report.Add(WorkflowFaultCodes.WrongType, value, path.Property(field), "must be a text that is not empty");
        return null;
    }

    /// <summary>The items of a list; empty if it is absent.</summary>
    public static IReadOnlyList<(SourceNode Node, FieldPath Path)> Items(SourceNode node, FieldPath path, string field, FaultReport report)
    {
        if (node.Property(field) is not { } list) return [];
        var at = path.Property(field);
        if (list.Kind == JsonValueKind.Array) return [.. list.Items.Select((item, index) => (item, at.Item(index)))];
        report.Add(WorkflowFaultCodes.WrongType, list, at, $"must be a list, not {JsonValues.NameOf(list.Kind)}");
        return [];
    }

    public static double? Number(SourceNode node, FieldPath path, string field, double minimum, double maximum, bool isWhole, FaultReport report)
    {
        if (node.Property(field) is not { } value) return null;
        var isNumber = value.Kind == JsonValueKind.Number & double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number);
        if (isNumber && number >= minimum && number <= maximum && (!isWhole || Math.Floor(number).Equals(number))) return number;
        report.Add(WorkflowFaultCodes.InvalidValue, value, path.Property(field),
            string.Create(CultureInfo.InvariantCulture, $"must be a {(isWhole ? "whole " : "")}number, {minimum} to {maximum}"));
        return null;
    }

    /// <summary>A text that stands where another one was written, for faults that are found later.</summary>
    public static SourceNode Instead(SourceNode of, string text) => new() { Kind = JsonValueKind.String, Text = text, Line = of.Line, Column = of.Column };

    /// <summary>Whole seconds as a duration of a workflow.</summary>
    public static SourceNode? Seconds(SourceNode node, FieldPath path, string field, FaultReport report) =>
        Number(node, path, field, 1, WorkflowLimits.Duration.TotalSeconds, isWhole: true, report) is { } seconds
            ? Instead(node.Property(field)!, Duration.Format(TimeSpan.FromSeconds(seconds)))
            : null;
}
