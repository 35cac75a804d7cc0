using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows.Asl;

/// <summary>
/// Reads a state machine in the Amazon States Language as a workflow: each state becomes a step that needs those which lead to it, a Choice becomes the conditions of the
/// steps behind it, and a task that is caught lets its job go on. What the language has beyond that is refused by name. docs/contracts/asl.md lists it all.
/// </summary>
/// <remarks>Source: states-language.net/spec.html, version 1.0, as far as it is supported.</remarks>
internal sealed class AslReader(SourceNode root, FaultReport report)
{
    private static readonly string[] Keys = ["Comment", "StartAt", "States", "TimeoutSeconds", "Version"];

    private readonly Dictionary<AslState, List<Arrival>> _arrivals = [];
    private readonly List<AslData> _outputs = [];
    private readonly AslBudget _budget = new(report);

    public static bool IsStateMachine(SourceNode root) => root.Property("StartAt") is not null && root.Property("States") is not null;

    /// <summary>The workflow as the document that YAML would give; null if the state machine has faults, which are reported.</summary>
    public static SourceNode? Convert(SourceNode root, string name, int version, FaultReport report) => new AslReader(root, report).Workflow(name, version);

    private SourceNode? Workflow(string name, int version)
    {
        AslFields.RefuseOthers(root, FieldPath.Root, Keys, "a state machine", report);
        var comment = AslFields.Text(root, FieldPath.Root, "Comment", isRequired: false, report);
        var timeout = AslFields.Seconds(root, FieldPath.Root, "TimeoutSeconds", report);
        if (States() is not { } states || report.Count > 0) return null;
        var steps = new List<SourceNode>();
        foreach (var state in states)
        {
            steps.Add(Step(state));
            if (_budget.IsSpent) return null;
        }

        var output = _outputs.Count == 0 ? null : _budget.Spend(AslData.OneOf(_outputs).At([]), root, FieldPath.Root);
        if (report.Count > 0) return null;

        var keys = new List<(string, SourceNode)> { ("name", SourceNode.OfString(name)), ("version", SourceNode.OfNumber(version)) };
        if (comment is not null) keys.Add(("description", AslFields.Instead(root.Property("Comment")!, comment)));
        if (timeout is not null) keys.Add(("timeout", timeout));
        keys.Add(("steps", new SourceNode { Kind = JsonValueKind.Array, Items = [.. steps], Line = root.Line, Column = root.Column }));
        if (output is not null) keys.Add(("output", SourceNode.OfString($"${{{output}}}")));
        return new SourceNode { Kind = JsonValueKind.Object, Properties = [.. keys.Select(pair => new SourceProperty(pair.Item1, root.Line, root.Column, pair.Item2))], Line = root.Line, Column = root.Column };
    }

    /// <summary>In an order in which each comes after all that lead to it.</summary>
    private IReadOnlyList<AslState>? States()
    {
        var path = FieldPath.Root.Property("States");
        var node = root.Property("States")!;
        if (node.Kind != JsonValueKind.Object || node.Properties.Length is 0 or > JobLimits.Steps)
        {
            report.Add(WorkflowFaultCodes.WrongType, node, path, $"must be an object with 1 to {JobLimits.Steps} states");
            return null;
        }

        var ids = AslNames.Ids(node.Properties.Select(property => property.Name));
        var states = node.Properties.Select(property => new AslState(property.Name, ids[property.Name], property.Value, path.Property(property.Name), report)).ToList();
        foreach (var state in states) state.Read();
        if (AslFields.Text(root, FieldPath.Root, "StartAt", isRequired: true, report) is not { } start) return null;
        if (states.Find(state => state.Name == start) is not { } first)
        {
            report.Add(WorkflowFaultCodes.UnknownStep, root.Property("StartAt")!, FieldPath.Root.Property("StartAt"),
                $"there is no state '{Suggestion.Clip(start)}'{Suggestion.For(start, ids.Keys)}; states are {Suggestion.List(ids.Keys)}");
            return null;
        }

        var order = AslGraph.Order(states, first, report);
        foreach (var (index, state) in order.Index())
        {
            state.Order = index;
            _arrivals[state] = [];
        }

        return order;
    }

    private SourceNode Step(AslState state)
    {
        var arrivals = _arrivals[state];
        var document = arrivals.Count == 0 ? AslData.Input : AslData.OneOf(arrivals.Select(arrival => arrival.Document));
        // A way that is open whenever its state has ended says nothing; else one of the ways must have been gone.
        var isCertain = arrivals.Count == 0 || arrivals.Any(arrival => arrival.Condition is null);
        var step = new AslStep(state, document, _budget, report);
        var keys = new List<(string, SourceNode)> { ("id", AslFields.Instead(state.Node, state.Id)) };
        keys.AddRange(step.Keys());
        if (arrivals.Count > 0) keys.Add(("needs", SourceNode.OfItems(arrivals.Select(arrival => arrival.From.Id).Distinct(StringComparer.Ordinal).Select(SourceNode.OfString))));
        if (!isCertain) keys.Add(("when", AslFields.Instead(state.Node, $"${{{string.Join(" || ", arrivals.Select(arrival => arrival.Condition).Distinct(StringComparer.Ordinal))}}}")));
        LeadOn(state, document, step, isCertain);
        return new SourceNode { Kind = JsonValueKind.Object, Properties = [.. keys.Select(pair => new SourceProperty(pair.Item1, state.Node.Line, state.Node.Column, pair.Item2))], Line = state.Node.Line, Column = state.Node.Column };
    }

    /// <summary>Tells the states behind this one how they are reached, and what they get.</summary>
    private void LeadOn(AslState state, AslData document, AslStep step, bool isCertain)
    {
        var result = step.Result();
        var passed = isCertain && !state.IsCaught ? null : $"steps.{state.Id}.status == 'completed'";
        var earlier = new List<string>();
        foreach (var edge in state.Edges)
        {
            var condition = edge switch
            {
                { IsCatch: true } => $"steps.{state.Id}.status == 'failed'",
                { IsDefault: true } => And(passed, Neither(earlier)),
                { Rule: { } rule } => And(And(passed, Neither(earlier)), Remember(earlier, new AslCondition(document, _budget, report).Of(rule, edge.RulePath!))),
                _ => passed,
            };
            if (condition is not null) _budget.Spend(condition, edge.Node, edge.At);
            if (_budget.IsSpent) return;
            var brought = edge.IsCatch ? step.CaughtAs(edge) : result;
            if (_arrivals.FirstOrDefault(pair => pair.Key.Name == edge.Target) is { Key: not null } target) target.Value.Add(new Arrival(state, condition, brought));
        }

        if (state.Edges.All(edge => edge.IsCatch) && state.Type != "Fail") _outputs.Add(result);
    }

    private static string? And(string? left, string? right) => left is null ? right : right is null ? left : $"{left} && {right}";

    private static string? Neither(List<string> rules) => rules.Count == 0 ? null : string.Join(" && ", rules.Select(rule => $"!({rule})"));

    private static string Remember(List<string> rules, string rule)
    {
        rules.Add(rule);
        return $"({rule})";
    }

    /// <summary>A way that leads to a state.</summary>
    /// <param name="Condition">When it is gone; null: always when its state has ended.</param>
    private sealed record Arrival(AslState From, string? Condition, AslData Document);
}
