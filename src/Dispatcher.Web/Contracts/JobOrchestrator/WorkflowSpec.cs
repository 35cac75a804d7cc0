using Dispatcher.Jobs;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Contracts.JobOrchestrator;

/// <summary>A workflow as the JobOrchestrator defines it: steps that run one after the other.</summary>
/// <param name="Name">For people; names the workflow in the engine, too.</param>
public sealed record WorkflowSpec(string Name, IReadOnlyList<WorkflowStep> Steps)
{
    public const int StepLimit = 100;
    public const int RetryLimit = 10;
    public const int NameCharacters = 100;
    public const int TypeCharacters = 50;

    /// <summary>1..10.</summary>
    public int MaxRecoveryAttempts { get; init; } = 3;

    /// <exception cref="WorkflowValidationException">The first thing that is wrong, in the contract's words.</exception>
    public void Validate()
    {
        if (FaultIn() is { } fault) throw new WorkflowValidationException(fault);
    }

    private string? FaultIn()
    {
        if (string.IsNullOrWhiteSpace(Name) || Name.Length > NameCharacters) return $"Workflow name must have 1 to {NameCharacters} characters";
        if (Steps.Count == 0) return "Workflow must have at least one step";
        if (Steps.Count > StepLimit) return $"Workflow must have at most {StepLimit} steps, not {Steps.Count}";
        if (MaxRecoveryAttempts is < 1 or > WorkflowLimits.MaxRecoveryAttempts) return $"max_recovery_attempts must be 1 to {WorkflowLimits.MaxRecoveryAttempts}, not {MaxRecoveryAttempts}";
        return Enumerable.Range(0, Steps.Count).Select(FaultIn).FirstOrDefault(fault => fault is not null);
    }

    private string? FaultIn(int index)
    {
        if (Steps[index] is not { Dependencies: not null } step) return $"Step {index} must be an object";
        foreach (var dependency in step.Dependencies)
        {
            if (dependency < 0 || dependency >= Steps.Count) return $"Step {index} has invalid dependency: {dependency}";
            if (dependency >= index) return $"Step {index} has forward dependency: {dependency}";
        }

        if (string.IsNullOrWhiteSpace(step.Name) || step.Name.Length > NameCharacters) return $"Step {index}: task_name must have 1 to {NameCharacters} characters";
        if (string.IsNullOrWhiteSpace(step.TaskType) || step.TaskType.Length > TypeCharacters) return $"Step {index}: task_type must have 1 to {TypeCharacters} characters";
        if (step.MaxRetries is < 0 or > RetryLimit) return $"Step {index}: max_retries must be 0 to {RetryLimit}, not {step.MaxRetries}";
        if (step.Timeout is { } timeout && (timeout <= TimeSpan.Zero || timeout > WorkflowLimits.Duration)) return $"Step {index}: timeout must be more than 0 s and at most 366 days";
        return step.EstimatedDuration is { } estimate && (estimate <= TimeSpan.Zero || estimate > WorkflowLimits.Duration) ? $"Step {index}: estimated_duration must be more than 0 s and at most 366 days" : null;
    }
}

/// <summary>The contract's ValidationError: a definition that is wrong, or a move that the workflow's state does not allow.</summary>
public sealed class WorkflowValidationException(string message) : Exception(message)
{
    /// <summary>True when it was the workflow's state that did not allow it.</summary>
    public bool IsOfState { get; init; }

    /// <summary>What the engine refused, if it was the engine.</summary>
    internal Rejection? Rejection { get; init; }
}

/// <summary>
/// The order is durable, and in a cluster the workflow's own node does not answer now: it takes effect, once, when that does. Read the workflow in a moment; an order that is given
/// again is another one.
/// </summary>
public sealed class WorkflowAcceptedException(long workflowId)
    : Exception(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"The order for workflow {workflowId} is durable, and the workflow's node does not answer now; it takes effect when it does."))
{
    public long WorkflowId { get; } = workflowId;
}

/// <summary>There is no workflow with this id, or it is another tenant's.</summary>
public sealed class WorkflowNotFoundException(long id) : Exception(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Workflow {id} not found"));
