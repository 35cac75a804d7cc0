using Dispatcher.Jobs;

namespace Dispatcher.Web.Jobs.Graphs;

/// <summary>The longest chain through a graph without rings: each thing after those that it depends on.</summary>
internal static class CriticalPath
{
    /// <param name="weights">Milliseconds of each node.</param>
    /// <param name="dependencies">What each node depends on; all of them nodes.</param>
    /// <returns>The chain in its order, and its sum.</returns>
    public static (IReadOnlyList<TNode> Path, long Milliseconds) Of<TNode>(IReadOnlyDictionary<TNode, long> weights, ILookup<TNode, TNode> dependencies)
        where TNode : struct
    {
        var best = new Dictionary<TNode, (long Total, TNode? Before)>();
        foreach (var node in InOrder(weights.Keys, dependencies))
        {
            (long Total, TNode? Before) longest = (0, null);
            foreach (var dependency in dependencies[node])
            {
                if (longest.Before is null || best[dependency].Total > longest.Total) longest = (best[dependency].Total, dependency);
            }

            best[node] = (longest.Total + weights[node], longest.Before);
        }

        if (best.Count == 0) return ([], 0);
        var last = best.MaxBy(pair => pair.Value.Total);
        var path = new List<TNode>();
        for (TNode? node = last.Key; node is { } current; node = best[current].Before) path.Add(current);
        path.Reverse();
        return (path, last.Value.Total);
    }

    /// <summary>What a workflow takes by its steps' estimates, along its longest chain.</summary>
    public static long EstimateMs(JobPlan plan)
    {
        var weights = new Dictionary<int, long>();
        for (var i = 0; i < plan.Steps.Length; i++) weights[i] = (long)(Math.Max(0, plan.Steps[i].Weight) * 1000);
        var needs = plan.Steps.SelectMany((step, index) => step.Needs.Select(need => (Step: index, Need: need))).ToLookup(pair => pair.Step, pair => pair.Need);
        return Of(weights, needs).Milliseconds;
    }

    /// <summary>Each node after those that it depends on; without recursion, since chains are as long as graphs.</summary>
    private static IEnumerable<TNode> InOrder<TNode>(IEnumerable<TNode> nodes, ILookup<TNode, TNode> dependencies)
        where TNode : struct
    {
        var (begun, done, open) = (new HashSet<TNode>(), new HashSet<TNode>(), new Stack<TNode>(nodes));
        while (open.TryPeek(out var node))
        {
            var waiting = begun.Add(node) ? dependencies[node].Where(dependency => !begun.Contains(dependency)).ToList() : [];
            if (waiting.Count > 0)
            {
                foreach (var dependency in waiting) open.Push(dependency);
                continue;
            }

            open.Pop();
            if (done.Add(node)) yield return node;
        }
    }
}
