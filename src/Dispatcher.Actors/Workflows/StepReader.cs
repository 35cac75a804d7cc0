using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows;

/// <summary>A step as it was read: each field checked by itself, its names and expressions not yet looked up.</summary>
/// <param name="Fields">Its source and canonical spelling.</param>
/// <param name="Plan">All but <see cref="StepPlan.Needs"/> and <see cref="StepPlan.Weight"/>.</param>
internal sealed record StepDraft(Fields Fields, StepPlan Plan, TimeSpan? EstimatedDuration, bool NamesStage)
{
    public required IReadOnlyList<(string Text, SourceNode Node, FieldPath Path)> Needs { get; init; }

    public required ImmutableArray<(string Name, SourceNode Path, FieldPath At)> Artifacts { get; init; }
}

/// <summary>Reads one step.</summary>
internal static class StepReader
{
    private static readonly string[] Keys =
    [
        "id", "uses", "needs", "with", "when", "for_each", "max_concurrency", "on_error", "stage", "retry", "timeout", "heartbeat_timeout",
        "estimated_duration", "artifacts",
    ];

    private static readonly string[] ArtifactKeys = ["name", "path"];

    public static StepDraft? Read(SourceNode node, FieldPath path, FaultReport report)
    {
        if (Fields.Open(node, path, report, Keys) is not { } fields) return null;
        fields.Require("id");
        fields.Require("uses");
        var id = fields.Name("id", NameRule.Step);
        var uses = fields.Name("uses", NameRule.Handler);
        var stage = fields.Name("stage", NameRule.Stage);
        var estimate = fields.Duration("estimated_duration");
        var plan = new StepPlan
        {
            Id = id ?? "",
            Handler = uses ?? "",
            Stage = stage ?? uses ?? "",
            IsFanOut = fields.Raw("for_each") is not null,
            MaxConcurrency = fields.Integer("max_concurrency", 0, WorkflowLimits.MaxConcurrency, 0) ?? 0,
            OnError = fields.Choice("on_error", OnError.Fail) ?? OnError.Fail,
            Retry = RetryReader.Read(fields, report),
            Timeout = fields.Duration("timeout"),
            HeartbeatTimeout = fields.Duration("heartbeat_timeout"),
        };
        if (!plan.IsFanOut && fields.Raw("max_concurrency") is not null)
            fields.Fault(WorkflowFaultCodes.InvalidValue, "max_concurrency", "has a meaning only with for_each");
        CheckShapes(fields);
        return new StepDraft(fields, plan, estimate, stage is not null) { Needs = Needs(fields), Artifacts = Artifacts(fields, report) };
    }

    /// <summary>What the three templates must look like before their expressions are read.</summary>
    private static void CheckShapes(Fields fields)
    {
        if (fields.Kept("with") is { } with && with.Kind != JsonValueKind.Object && !IsExpression(with))
            fields.Fault(WorkflowFaultCodes.WrongType, "with", $"must be an object or one ${{...}}, not {JsonValues.NameOf(with.Kind)}");
        if (fields.Kept("when") is { } when && when.Kind is not (JsonValueKind.True or JsonValueKind.False) && !IsExpression(when))
            fields.Fault(WorkflowFaultCodes.WrongType, "when", "must be one ${...} that is true or false");
        if (fields.Kept("for_each") is not { } each) return;
        if (each.Kind != JsonValueKind.Array && !IsExpression(each))
            fields.Fault(WorkflowFaultCodes.WrongType, "for_each", "must be one ${...} that is a list, or a list");
        if (each.Items.Length > JobLimits.FanOutItems)
            fields.Fault(WorkflowFaultCodes.TooLarge, "for_each", $"has at most {JobLimits.FanOutItems} items, not {each.Items.Length}");
    }

    private static bool IsExpression(SourceNode node) => node.Kind == JsonValueKind.String && TemplateText.FormOf(node.Text) == TemplateForm.Expression;

    private static IReadOnlyList<(string Text, SourceNode Node, FieldPath Path)> Needs(Fields fields)
    {
        var needs = fields.Texts("needs");
        if (needs.Count > 0)
            fields.Keep("needs", SourceNode.OfItems(needs.Select(need => need.Text).Order(StringComparer.Ordinal).Select(SourceNode.OfString)));
        return needs;
    }

    private static ImmutableArray<(string Name, SourceNode Path, FieldPath At)> Artifacts(Fields fields, FaultReport report)
    {
        var artifacts = ImmutableArray.CreateBuilder<(string, SourceNode, FieldPath)>();
        var canonical = new List<SourceNode>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (node, path) in fields.Items("artifacts", WorkflowLimits.Artifacts))
        {
            if (Fields.Open(node, path, report, ArtifactKeys) is not { } artifact) continue;
            artifact.Require("name");
            artifact.Require("path");
            var name = artifact.Name("name", NameRule.Artifact);
            if (name is not null && !names.Add(name))
                artifact.Fault(WorkflowFaultCodes.Duplicate, "name", $"another artifact of this step is called '{name}'");
            if (artifact.Text("path") is { } text && FaultOfPath(text) is { } fault)
                artifact.Fault(WorkflowFaultCodes.InvalidValue, "path", $"'{Suggestion.Clip(text)}' {fault}");
            if (artifact.Raw("path") is { } file) artifacts.Add((name ?? "", file, path.Property("path")));
            canonical.Add(artifact.Canonical);
        }

        if (canonical.Count > 0) fields.Keep("artifacts", SourceNode.OfItems(canonical));
        return artifacts.ToImmutable();
    }

    /// <summary>Expressions stand for some plain name, so that what is written around them is checked.</summary>
    private static string? FaultOfPath(string text) =>
        RelativePath.FaultOf(string.Concat(TemplateText.Split(text, out _).Select(part => part.IsExpression ? "x" : part.Text)));
}
