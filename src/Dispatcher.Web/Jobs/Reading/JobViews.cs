using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Requests;

namespace Dispatcher.Web.Jobs.Reading;

/// <summary>From what the engine knows of a job to what the gateway shows.</summary>
internal static class JobViews
{
    /// <summary>The job as it is now.</summary>
    /// <param name="inspection">What its actor adds, if it is in memory.</param>
    public static JobView Of(JobState state, JobInspection? inspection = null) => At(state, inspection) with
    {
        Allowed = AllowedCommands.Of(state),
        Parked = inspection?.Parked,
    };

    /// <summary>The job as it was: without what only holds now.</summary>
    public static JobView At(JobState state, JobInspection? inspection = null) => new()
    {
        Id = state.Id,
        Status = state.Status,
        Version = state.SequenceNr,
        Workflow = new WorkflowView(state.Spec.Workflow.Name, state.Spec.Workflow.Version, state.Spec.Workflow.Hash),
        Priority = state.Priority,
        CreatedAt = state.CreatedAt,
        UpdatedAt = state.UpdatedAt,
        StartedAt = state.StartedAt,
        EndedAt = state.EndedAt,
        StartAt = state.Spec.StartAt,
        DeadlineAt = state.DeadlineAt,
        Progress = ProgressOf(state, inspection),
        WaitsFor = WaitOf(state.Wait),
        Input = state.Spec.Input,
        Output = state.Output,
        Failure = FailureView.Of(state.Failure),
        Reason = state.Reason,
        PausedBy = PrincipalView.Of(state.PausedBy),
        Labels = state.Spec.Labels is { IsEmpty: false } labels ? labels : null,
        IdempotencyKey = state.Spec.IdempotencyKey,
        CorrelationId = state.Spec.CorrelationId,
        DependsOn = state.Spec.DependsOn is { IsEmpty: false } dependencies ? dependencies : null,
        OpenDependencies = state.OpenDependencies.IsEmpty ? null : state.OpenDependencies,
        OnDependencyFailure = state.Spec.OnDependencyFailure,
        Callback = state.Spec.Callback is { } callback ? new CallbackView(ShownCallback.Url(callback.Url), callback.Events) : null,
        Parent = state.Spec.Parent is { } parent ? new ParentView(parent.Job, parent.Step, parent.Item) : null,
        Quota = JobQuotaView.Of(state),
        RecoveryAttempts = state.RecoveryAttempts,
        Steps = StepViews.Of(state, inspection),
        Links = LinksOf(state.Id, ApiPaths.Workflow(state.Spec.Workflow.Name, state.Spec.Workflow.Version)),
    };

    /// <summary>A job whose journal this program does not understand: what its row tells.</summary>
    public static JobView Parked(JobRow row, string reason) => new()
    {
        Id = row.Id,
        Status = row.Status,
        Version = 0,
        Workflow = new WorkflowView(row.WorkflowName, row.WorkflowVersion),
        Priority = row.Priority,
        CreatedAt = row.CreatedAt,
        UpdatedAt = row.UpdatedAt,
        Progress = 0,
        WaitsFor = new WaitView("handler"),
        Labels = row.Labels,
        CorrelationId = row.CorrelationId,
        RecoveryAttempts = 0,
        Parked = reason,
        Steps = [],
        Allowed = [],
        Links = LinksOf(row.Id, ApiPaths.Workflow(row.WorkflowName, row.WorkflowVersion)),
    };

    private static double ProgressOf(JobState state, JobInspection? inspection) =>
        Math.Round(default(JobProgress).Next(state, inspection?.Progress ?? System.Collections.Immutable.ImmutableDictionary<StepKey, double>.Empty).Percent, 1);

    private static WaitView? WaitOf(JobWait wait) => wait.Kind switch
    {
        JobWaitKind.Approval => new WaitView("approval", wait.Until),
        JobWaitKind.Time => new WaitView("time", wait.Until),
        JobWaitKind.Dependencies => new WaitView("dependencies", wait.Until),
        JobWaitKind.Pause => new WaitView("pause", wait.Until),
        JobWaitKind.Child => new WaitView("child", wait.Until),
        _ => null,
    };

    private static JobLinks LinksOf(JobId id, string? workflow)
    {
        var self = ApiPaths.Job(id);
        return new JobLinks(self, $"{self}/events", $"{self}/why", $"{self}/graph", $"{self}/artifacts", workflow);
    }
}
