using System.Collections.Immutable;

namespace Dispatcher.Workflows;

/// <summary>Who needs whom: looks names up, finds rings, and knows each step's ancestors.</summary>
internal sealed class StepGraph
{
    private readonly IReadOnlyList<StepDraft> _steps;
    private readonly Dictionary<string, int> _indexById = new(StringComparer.Ordinal);
    private readonly ImmutableArray<int>[] _needs;

    private StepGraph(IReadOnlyList<StepDraft> steps) => (_steps, _needs) = (steps, new ImmutableArray<int>[steps.Count]);

    public IReadOnlyCollection<string> Ids => _indexById.Keys;

    public static StepGraph Build(IReadOnlyList<StepDraft> steps, FaultReport report)
    {
        var graph = new StepGraph(steps);
        graph.IndexIds();
        for (var i = 0; i < steps.Count; i++) graph._needs[i] = graph.Resolve(steps[i], report);
        graph.ReportCycles(report);
        return graph;
    }

    /// <summary>The steps that a step needs itself, as sorted indices.</summary>
    public ImmutableArray<int> Needs(int step) => _needs[step];

    /// <summary>The ids of all steps that have ended when this one starts.</summary>
    public IReadOnlySet<string> Ancestors(int step)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<int>(_needs[step]);
        while (open.TryPop(out var current))
        {
            if (!found.Add(_steps[current].Plan.Id)) continue;
            foreach (var need in _needs[current]) open.Push(need);
        }

        return found;
    }

    private void IndexIds()
    {
        for (var i = 0; i < _steps.Count; i++)
        {
            var id = _steps[i].Plan.Id;
            if (id.Length == 0 || _indexById.TryAdd(id, i)) continue;
            _steps[i].Fields.Fault(WorkflowFaultCodes.Duplicate, "id", $"another step is called '{id}'");
        }
    }

    private ImmutableArray<int> Resolve(StepDraft step, FaultReport report)
    {
        var indices = new SortedSet<int>();
        foreach (var (text, node, path) in step.Needs)
        {
            if (_indexById.TryGetValue(text, out var index)) indices.Add(index);
            else report.Add(WorkflowFaultCodes.UnknownStep, node, path,
                $"there is no step '{Suggestion.Clip(text)}'{Suggestion.For(text, Ids)}; steps are {Suggestion.List(Ids)}");
        }

        return [.. indices];
    }

    /// <summary>Walks the graph in depth; a need that leads back to a step on the way closes a ring. Each ring is named once.</summary>
    private void ReportCycles(FaultReport report)
    {
        var done = new bool[_steps.Count];
        var way = new List<int>();
        for (var i = 0; i < _steps.Count; i++) Visit(i);

        void Visit(int step)
        {
            if (done[step]) return;
            var start = way.IndexOf(step);
            if (start >= 0)
            {
                var ring = way.Skip(start).Append(step).Select(index => _steps[index].Plan.Id);
                var draft = _steps[step];
                report.Add(WorkflowFaultCodes.Cycle, draft.Fields.Raw("needs")!, draft.Fields.Path.Property("needs"),
                    $"the steps wait for each other: {string.Join(" -> ", ring)}");
                return;
            }

            way.Add(step);
            foreach (var need in _needs[step]) Visit(need);
            way.RemoveAt(way.Count - 1);
            done[step] = true;
        }
    }
}
