using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.JobActors;

/// <summary>The read-model row of a job: what lists show and what recovery needs.</summary>
internal static class JobRowProjection
{
    public static JobRow Of(JobState state, string? parked = null)
    {
        var wait = state.Wait;
        return new JobRow
        {
            Id = state.Id,
            Tenant = state.Spec.Tenant,
            WorkflowName = state.Spec.Workflow.Name,
            WorkflowVersion = state.Spec.Workflow.Version,
            Status = state.Status,
            Priority = state.Priority,
            CreatedAt = state.CreatedAt,
            UpdatedAt = state.UpdatedAt,
            WakeAt = wait.Kind == JobWaitKind.Active ? JobRow.Active : wait.Until,
            WaitsFor = parked is not null && wait.Kind != JobWaitKind.Ended ? JobRow.ParkedForHandler : WaitsFor(wait.Kind),
            CorrelationId = state.Spec.CorrelationId,
            Labels = state.Spec.Labels,
        };
    }

    /// <summary>True when something that lists or recovery need differs between two states of one job.</summary>
    public static bool Differs(JobState before, JobState after) =>
        before.Status != after.Status || before.Priority != after.Priority || before.SequenceNr == 0 || before.Wait != after.Wait;

    private static string? WaitsFor(JobWaitKind kind) => kind switch
    {
        JobWaitKind.Approval => "approval",
        JobWaitKind.Dependencies => "dependencies",
        JobWaitKind.Pause => "pause",
        JobWaitKind.Time => "time",
        JobWaitKind.Child => "child",
        _ => null,
    };
}
