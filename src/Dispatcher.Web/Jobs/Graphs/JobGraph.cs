using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs.Reading;

namespace Dispatcher.Web.Jobs.Graphs;

/// <summary>Walks from a job over its watches in both directions, nearest first, and measures what it finds.</summary>
internal sealed class JobGraph(DispatcherEngine engine, string tenant, DateTimeOffset now)
{
    private const int NodeLimit = 1000;

    /// <summary>Watches of one job that are looked at.</summary>
    private const int EdgeLimit = 2000;

    private readonly Dictionary<(string Name, int Version), long?> _estimates = [];

    public async ValueTask<GraphView> Around(JobId start)
    {
        var (ids, edges, more) = await Walk(start);
        var rows = (await engine.Store.FindJobs(ids)).Where(row => row.Tenant == tenant).ToDictionary(row => row.Id);
        edges.RemoveWhere(edge => !rows.ContainsKey(edge.From) || !rows.ContainsKey(edge.To));
        var dependencies = edges.Where(edge => edge.Kind == GraphEdgeKind.Dependency).ToLookup(edge => edge.To, edge => edge.From);
        var nodes = new List<GraphNode>();
        foreach (var id in ids)
        {
            if (rows.TryGetValue(id, out var row)) nodes.Add(await NodeOf(row, dependencies[id].Select(dependency => rows[dependency])));
        }

        var (path, milliseconds) = CriticalPath.Of(nodes.ToDictionary(node => node.Id, WeightOf), dependencies);
        return new GraphView(nodes, [.. edges], path, milliseconds, more);
    }

    private async ValueTask<(List<JobId> Ids, HashSet<GraphEdge> Edges, bool More)> Walk(JobId start)
    {
        List<JobId> ids = [start];
        HashSet<JobId> seen = [start];
        HashSet<GraphEdge> edges = [];
        var more = false;
        for (var i = 0; i < ids.Count; i++)
        {
            var watches = await engine.Store.ReadWatches(ids[i], EdgeLimit);
            more |= watches.Count == EdgeLimit;
            foreach (var watch in watches)
            {
                edges.Add(EdgeOf(watch));
                foreach (var id in (ReadOnlySpan<JobId>)[watch.Watched, watch.Watcher])
                {
                    if (seen.Contains(id)) continue;
                    if (ids.Count == NodeLimit) more = true;
                    else if (seen.Add(id)) ids.Add(id);
                }
            }
        }

        return (ids, edges, more);
    }

    /// <summary>A dependency comes before the job that waits for it; a parent, which waits for its child, comes before the child.</summary>
    private static GraphEdge EdgeOf(WatchEdge watch) => watch.Kind == WatchKind.Child
        ? new GraphEdge(watch.Watcher, watch.Watched, GraphEdgeKind.Child)
        : new GraphEdge(watch.Watched, watch.Watcher, GraphEdgeKind.Dependency);

    private async ValueTask<GraphNode> NodeOf(JobRow row, IEnumerable<JobRow> dependencies)
    {
        DateTimeOffset? ready = row.CreatedAt;
        foreach (var dependency in dependencies)
        {
            if (!dependency.Status.IsTerminal()) ready = null;
            else if (dependency.UpdatedAt > ready) ready = dependency.UpdatedAt;
        }

        // A job that has ended has its row written for the last time at its end.
        DateTimeOffset? ended = row.Status.IsTerminal() ? row.UpdatedAt : null;
        long? duration = ready is { } from ? Math.Max(0, (long)((ended ?? now) - from).TotalMilliseconds) : ended is null ? null : 0;
        return new GraphNode(row.Id, new WorkflowView(row.WorkflowName, row.WorkflowVersion), row.Status, row.CreatedAt, ended, duration, await EstimateOf(row));
    }

    private async ValueTask<long?> EstimateOf(JobRow row)
    {
        var key = (row.WorkflowName, row.WorkflowVersion);
        if (_estimates.TryGetValue(key, out var known)) return known;
        var reference = await engine.Node.Workflows.FindReference(tenant, row.WorkflowName, row.WorkflowVersion);
        var definition = reference is null ? null : await engine.Node.Workflows.Find(reference.Hash);
        return _estimates[key] = definition is null ? null : CriticalPath.EstimateMs(definition.Plan);
    }

    /// <summary>What a job that has ended took; of an open one what it takes by its estimate, or has taken already.</summary>
    private static long WeightOf(GraphNode node) =>
        node.EndedAt is not null ? node.DurationMs ?? 0 : Math.Max(node.DurationMs ?? 0, node.EstimatedMs ?? 0);
}
