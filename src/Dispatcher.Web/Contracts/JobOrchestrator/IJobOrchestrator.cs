namespace Dispatcher.Web.Contracts.JobOrchestrator;

/// <summary>
/// Workflows of steps that run one after the other, with recovery from a step, for code in the application. Made for the callers of PixCrawler's JobOrchestrator; each of its
/// methods is here under its .NET name. All state is in Dispatcher's journal, so any node of a cluster answers for any workflow. What makes, starts, pauses, cancels or recovers one
/// throws <see cref="WorkflowAcceptedException"/> if it is durable and the workflow's own node does not answer soon. Whatever reads one throws <see cref="DispatcherRefusedException"/>
/// with the code <c>parked</c> if this program cannot read its history; lists leave such a one out.
/// </summary>
public interface IJobOrchestrator
{
    /// <summary>Makes a workflow, which waits in <see cref="WorkflowStatus.Pending"/> until it is started.</summary>
    /// <param name="jobId">The caller's own job, 1 or more.</param>
    /// <param name="metadata">An object that is kept with the workflow and given to its steps.</param>
    /// <exception cref="WorkflowValidationException">The spec is wrong, or one of its functions was not added to the application.</exception>
    Task<WorkflowState> CreateWorkflow(long jobId, WorkflowSpec spec, object? metadata = null);

    /// <summary>Null if there is none.</summary>
    Task<WorkflowState?> GetWorkflow(long workflowId);

    /// <summary>The newest workflow of the caller's job; null if there is none.</summary>
    Task<WorkflowState?> GetWorkflowByJob(long jobId);

    /// <summary>Starts a pending workflow.</summary>
    /// <exception cref="WorkflowValidationException"><c>Cannot start workflow in X state</c></exception>
    Task<WorkflowState> StartWorkflow(long workflowId);

    /// <summary>
    /// Starts the workflow if it is pending, and completes when it has completed, failed or been cancelled; one that was recovered goes on. Waits over a pause that comes
    /// meanwhile.
    /// </summary>
    /// <exception cref="WorkflowValidationException"><c>Cannot execute workflow in X state</c>: it has ended already, or is paused and goes on with <see cref="RecoverWorkflow"/>.</exception>
    Task<WorkflowState> ExecuteWorkflow(long workflowId, CancellationToken cancellation = default);

    /// <summary>The running step ends; the next one does not start before <see cref="RecoverWorkflow"/>.</summary>
    Task<WorkflowState> PauseWorkflow(long workflowId, string? reason = null);

    /// <summary>The running step is asked to stop; the others are cancelled.</summary>
    Task<WorkflowState> CancelWorkflow(long workflowId, string? reason = null);

    /// <summary>
    /// Restarts a failed workflow from a step: it and all behind it are reset, results before it stay. A paused workflow goes on where it was, which is no attempt. Steps whose
    /// dependencies have not completed are skipped.
    /// </summary>
    /// <exception cref="WorkflowValidationException">It is neither failed nor paused, has no attempts left, or has no such step.</exception>
    Task<WorkflowState> RecoverWorkflow(long workflowId, int fromStep, string? reason = null);

    /// <exception cref="WorkflowNotFoundException">There is none.</exception>
    Task<WorkflowProgress> GetWorkflowProgress(long workflowId);

    /// <exception cref="WorkflowNotFoundException">There is none.</exception>
    Task<IReadOnlyList<WorkflowTask>> GetTasks(long workflowId);

    /// <summary>Tasks that have failed and were tried again less often than they may be.</summary>
    Task<IReadOnlyList<WorkflowTask>> GetRetryableTasks(long workflowId);

    /// <summary>The task that a worker has under this lease; null if none has.</summary>
    Task<WorkflowTask?> GetTaskByCeleryTaskId(string celeryTaskId);

    /// <summary>Running and recovering workflows, newest first. This and the next two look through the newest jobs of the tenant in that state: up to a hundred pages of them.</summary>
    /// <param name="limit">1..1000</param>
    Task<IReadOnlyList<WorkflowState>> GetActiveWorkflows(int limit = 100);

    /// <summary>Failed workflows, newest first.</summary>
    Task<IReadOnlyList<WorkflowState>> GetFailedWorkflows(int limit = 100);

    /// <summary>Failed workflows that may still be recovered, newest first.</summary>
    Task<IReadOnlyList<WorkflowState>> GetRecoverableWorkflows(int limit = 100);

    /// <summary>The same for another tenant's workflows; without it they are those of <c>default</c>.</summary>
    IJobOrchestrator ForTenant(string tenant);
}
