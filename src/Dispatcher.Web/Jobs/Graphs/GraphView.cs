using System.Text.Json.Serialization;
using Dispatcher.Jobs;
using Dispatcher.Web.Jobs.Reading;

namespace Dispatcher.Web.Jobs.Graphs;

/// <summary>All jobs that hang together with one, by dependencies and as parents and children.</summary>
/// <param name="Nodes">The job itself first, then the nearest; at most 1,000.</param>
/// <param name="CriticalPath">Ids of the chain of dependencies that decides when all of it ends: the longest by durations, as they were or as estimated.</param>
/// <param name="CriticalPathMs">How long that chain takes, in milliseconds.</param>
/// <param name="More">True when there are more jobs than are shown.</param>
internal sealed record GraphView(IReadOnlyList<GraphNode> Nodes, IReadOnlyList<GraphEdge> Edges, IReadOnlyList<JobId> CriticalPath, long CriticalPathMs, bool More);

/// <summary>A job in the graph.</summary>
/// <param name="EndedAt">When it ended, if it has.</param>
/// <param name="DurationMs">From when it could start (it was there, and what it depends on had ended) to its end, or to now; absent while it cannot start.</param>
/// <param name="EstimatedMs">How long it takes by the estimates in its workflow, along its longest chain of steps; absent where the workflow is not registered.</param>
internal sealed record GraphNode(JobId Id, WorkflowView Workflow, JobStatus Status, DateTimeOffset CreatedAt, DateTimeOffset? EndedAt, long? DurationMs, long? EstimatedMs);

/// <summary>Two jobs that belong together.</summary>
/// <param name="From">The job that comes first: the dependency, or the parent.</param>
/// <param name="To">The job that depends on it, or the child.</param>
internal sealed record GraphEdge(JobId From, JobId To, GraphEdgeKind Kind);

[JsonConverter(typeof(KebabCaseEnumConverter<GraphEdgeKind>))]
internal enum GraphEdgeKind
{
    Dependency,
    Child,
}
