namespace Dispatcher.Workflows.Asl;

/// <summary>Who leads to whom: the states in an order in which each comes after all that lead to it.</summary>
internal sealed class AslGraph
{
    private readonly Dictionary<string, AslState> _states;
    private readonly FaultReport _report;
    private readonly List<AslState> _order = [];
    private readonly HashSet<AslState> _done = [];
    private readonly List<AslState> _way = [];

    private AslGraph(IEnumerable<AslState> states, FaultReport report) =>
        (_states, _report) = (states.ToDictionary(state => state.Name, StringComparer.Ordinal), report);

    /// <summary>The states from the first one on; those that nothing leads to, ways to nowhere and ways back are reported.</summary>
    public static IReadOnlyList<AslState> Order(IReadOnlyCollection<AslState> states, AslState first, FaultReport report)
    {
        var graph = new AslGraph(states, report);
        foreach (var edge in states.SelectMany(state => state.Edges).Where(edge => !graph._states.ContainsKey(edge.Target)))
        {
            report.Add(WorkflowFaultCodes.UnknownStep, edge.Node, edge.At,
                $"there is no state '{Suggestion.Clip(edge.Target)}'{Suggestion.For(edge.Target, graph._states.Keys)}; states are {Suggestion.List(graph._states.Keys)}");
        }

        graph.Visit(first);
        foreach (var state in states.Where(state => !graph._done.Contains(state)))
            report.Add(WorkflowFaultCodes.UnknownStep, state.Node, state.Path, "no way leads to this state from `StartAt`");
        graph._order.Reverse();
        return graph._order;
    }

    /// <summary>In depth; a state is put down when all behind it are.</summary>
    private void Visit(AslState state)
    {
        if (_done.Contains(state)) return;
        _way.Add(state);
        foreach (var edge in state.Edges)
        {
            if (!_states.TryGetValue(edge.Target, out var next)) continue;
            var start = _way.IndexOf(next);
            if (start < 0) Visit(next);
            else
            {
                var ring = _way.Skip(start).Append(next).Select(member => Suggestion.Clip(member.Name));
                _report.Add(WorkflowFaultCodes.Cycle, edge.Node, edge.At, $"the states lead back to each other: {string.Join(" -> ", ring)}; a workflow has no loops, use `Retry`");
            }
        }

        _way.RemoveAt(_way.Count - 1);
        _done.Add(state);
        _order.Add(state);
    }
}
