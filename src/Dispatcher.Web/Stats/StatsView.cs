using Dispatcher.Steps.Admission;

namespace Dispatcher.Web.Stats;

/// <summary>The tenant's jobs in numbers.</summary>
/// <param name="Jobs">How many jobs are stored.</param>
/// <param name="ByStatus">How many of them are in each status that occurs.</param>
/// <param name="Workflows">The same for each workflow, in the order of their names.</param>
/// <param name="RunningSteps">Steps that run on this server.</param>
/// <param name="QueuedSteps">Steps that wait for a place in their stage.</param>
/// <param name="Stages">The stages in which the tenant has steps now, in the order of their names.</param>
/// <param name="LastMinute">What came and went in the last minute, as this server saw it since its start.</param>
internal sealed record StatsView(
    long Jobs, IReadOnlyDictionary<string, long> ByStatus, IReadOnlyList<WorkflowStats> Workflows, int RunningSteps, int QueuedSteps, IReadOnlyList<StageStats> Stages,
    RatesView LastMinute);

/// <summary>The jobs of a workflow, of all its versions.</summary>
internal sealed record WorkflowStats(string Workflow, long Jobs, IReadOnlyDictionary<string, long> ByStatus);

/// <summary>The tenant's steps in an admission stage.</summary>
/// <param name="Reason">What the waiting ones wait for, if any waits.</param>
internal sealed record StageStats(string Stage, int Running, int Waiting, AdmissionReason? Reason);

/// <summary>Jobs of the last minute.</summary>
internal sealed record RatesView(int Created, int Completed, int Failed, int Cancelled);
