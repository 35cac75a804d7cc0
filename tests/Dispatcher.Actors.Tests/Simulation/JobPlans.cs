using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Workflows;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>The plan of every job on a disk, children included, by the workflow that its first event pins.</summary>
internal sealed class JobPlans(SimulatedDisk disk, IReadOnlyList<WorkflowDefinition> workflows)
{
    private readonly Dictionary<string, JobPlan> _byHash = workflows.DistinctBy(workflow => workflow.Hash).ToDictionary(workflow => workflow.Hash, workflow => workflow.Plan, StringComparer.Ordinal);

    /// <summary>Null when there is no such job.</summary>
    public JobState? InitialStateOf(JobId id) => disk.Events(id, 0, 1) is [var first] ? JobState.Initial(PlanOf(first)) : null;

    public JobPlan PlanOf(StoredEvent first) => _byHash[((JobEvent.Submitted)EventCodec.Decode(first.Type, first.At, first.Payload.Span)).Spec.Workflow.Hash];
}
