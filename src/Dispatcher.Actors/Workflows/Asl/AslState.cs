using System.Collections.Immutable;
using System.Text.Json;

namespace Dispatcher.Workflows.Asl;

/// <summary>A state as it is written, and the step that it becomes.</summary>
internal sealed class AslState(string name, string id, SourceNode node, FieldPath path, FaultReport report)
{
    private static readonly string[] Common = ["Type", "Comment", "InputPath", "OutputPath"];

    private static readonly ImmutableSortedDictionary<string, string[]> FieldsByType = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Choice"] = ["Choices", "Default"],
        ["Fail"] = ["Error", "Cause"],
        ["Pass"] = ["Result", "Parameters", "ResultPath", "Next", "End"],
        ["Succeed"] = [],
        ["Task"] = ["Resource", "Parameters", "ResultPath", "Next", "End", "Retry", "Catch", "TimeoutSeconds", "HeartbeatSeconds"],
    });

    public string Name => name;

    /// <summary>The step's id.</summary>
    public string Id => id;

    /// <summary>Its place among the states, each behind all that lead to it.</summary>
    public int Order { get; set; }

    public SourceNode Node => node;

    public FieldPath Path => path;

    /// <summary>Empty if it is none that is supported.</summary>
    public string Type { get; private set; } = "";

    /// <summary>What leads out of it, in the order of its source; conditions are not known yet.</summary>
    public IReadOnlyList<AslEdge> Edges { get; private set; } = [];

    /// <summary>True when its failure leads to another state instead of failing the job.</summary>
    public bool IsCaught => Edges.Any(edge => edge.IsCatch);

    /// <summary>Checks the state's own fields and finds its edges.</summary>
    public void Read()
    {
        if (node.Kind != JsonValueKind.Object)
        {
            Fault("", WorkflowFaultCodes.WrongType, $"a state is an object, not {JsonValues.NameOf(node.Kind)}");
            return;
        }

        if (Text("Type") is not { } type) return;
        if (!FieldsByType.TryGetValue(type, out var own))
        {
            Fault("Type", WorkflowFaultCodes.InvalidValue, $"states of the type '{Suggestion.Clip(type)}' are not supported; supported are {string.Join(", ", FieldsByType.Keys)}");
            return;
        }

        Type = type;
        AslFields.RefuseOthers(node, path, [.. Common, .. own], $"a {type} state", report);
        AslFields.RequireWholeDocument(node, path, report);
        Edges = [.. type == "Choice" ? Choices() : Ways(), .. Catchers()];
    }

    public string? Text(string field, bool isRequired = true) => AslFields.Text(node, path, field, isRequired, report);

    public void Fault(string field, string code, string message) =>
        report.Add(code, field.Length == 0 ? node : node.Property(field) ?? node, field.Length == 0 ? path : path.Property(field), message);

    private IEnumerable<AslEdge> Ways()
    {
        if (Type is "Succeed" or "Fail") yield break;
        var next = Text("Next", isRequired: false);
        var ends = node.Property("End") is { Kind: JsonValueKind.True };
        if (next is null == !ends) Fault("", WorkflowFaultCodes.MissingKey, "a state has either `Next`, or `End: true`");
        if (next is not null) yield return new AslEdge(this, next, node.Property("Next")!, path.Property("Next"));
    }

    private IEnumerable<AslEdge> Choices()
    {
        var rules = AslFields.Items(node, path, "Choices", report);
        if (rules.Count == 0) Fault("Choices", WorkflowFaultCodes.MissingKey, "a Choice has a list of at least one rule");
        foreach (var (rule, at) in rules)
        {
            if (AslFields.Text(rule, at, "Next", isRequired: true, report) is { } next) yield return new AslEdge(this, next, rule.Property("Next")!, at.Property("Next")) { Rule = rule, RulePath = at };
        }

        if (Text("Default", isRequired: false) is { } fallback) yield return new AslEdge(this, fallback, node.Property("Default")!, path.Property("Default")) { IsDefault = true };
        else Fault("", WorkflowFaultCodes.MissingKey, "a Choice needs a `Default`: without one a job that fits no rule would have no way to go");
    }

    private IEnumerable<AslEdge> Catchers()
    {
        var catchers = AslFields.Items(node, path, "Catch", report);
        if (catchers.Count > 1) Fault("Catch", WorkflowFaultCodes.InvalidValue, "more than one catcher is not supported; catch States.ALL and let the next state decide");
        foreach (var (catcher, at) in catchers.Take(1))
        {
            AslFields.RefuseOthers(catcher, at, ["ErrorEquals", "Next", "ResultPath", "Comment"], "a catcher", report);
            var errors = AslFields.Items(catcher, at, "ErrorEquals", report);
            if (errors is not [({ Kind: JsonValueKind.String, Text: "States.ALL" }, _)])
                report.Add(WorkflowFaultCodes.InvalidValue, catcher.Property("ErrorEquals") ?? catcher, at.Property("ErrorEquals"), "only [\"States.ALL\"] can be caught");
            if (AslFields.Text(catcher, at, "Next", isRequired: true, report) is { } next)
                yield return new AslEdge(this, next, catcher.Property("Next")!, at.Property("Next")) { IsCatch = true, Rule = catcher, RulePath = at };
        }
    }
}

/// <summary>A way from one state to another.</summary>
/// <param name="Target">The other's name.</param>
/// <param name="Node">Where that is written.</param>
internal sealed record AslEdge(AslState From, string Target, SourceNode Node, FieldPath At)
{
    /// <summary>Taken when the state has failed.</summary>
    public bool IsCatch { get; init; }

    /// <summary>Taken when no rule of a Choice holds.</summary>
    public bool IsDefault { get; init; }

    /// <summary>The rule of a Choice, or the catcher.</summary>
    public SourceNode? Rule { get; init; }

    public FieldPath? RulePath { get; init; }
}
