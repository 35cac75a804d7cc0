using System.Text.Json;
using System.Text.Json.Serialization;
using Dispatcher.Jobs;

namespace Dispatcher.Web.Contracts.JobOrchestrator;

/// <summary>Where a workflow is.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<WorkflowStatus>))]
public enum WorkflowStatus
{
    Pending,
    Running,
    Paused,
    Completed,
    Failed,
    Cancelled,
    Recovering,
}

/// <summary>Where a task is.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<WorkflowTaskStatus>))]
public enum WorkflowTaskStatus
{
    Pending,
    Queued,
    Running,
    Completed,
    Failed,
    Retrying,
    Skipped,
    Cancelled,
}

/// <summary>A workflow's state. What is null in the contract's tables is null here.</summary>
/// <param name="JobId">The caller's own job.</param>
/// <param name="CurrentStep">Steps that are behind it: the index of the one that is next.</param>
/// <param name="Progress">0..100: of the steps, the ones that are behind it.</param>
/// <param name="Metadata">What the caller gave when the workflow was made.</param>
/// <param name="LastCheckpoint">When the last step ended.</param>
public sealed record WorkflowState(
    long Id,
    long JobId,
    WorkflowStatus Status,
    int CurrentStep,
    int TotalSteps,
    int Progress,
    JsonElement Metadata,
    string? ErrorMessage,
    DateTimeOffset? StartedAt,
    DateTimeOffset? CompletedAt,
    DateTimeOffset? LastCheckpoint,
    int RecoveryAttempts,
    int MaxRecoveryAttempts,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>One task of a workflow.</summary>
/// <param name="CeleryTaskId">The lease under which an external worker has the task; null if none has.</param>
/// <param name="RetryCount">How often it was tried again.</param>
/// <param name="Dependencies">Indices of steps.</param>
/// <param name="Result">An object; an empty one until the task has completed.</param>
/// <param name="EstimatedDuration">Seconds.</param>
/// <param name="ActualDuration">Whole seconds of the attempt that ended it.</param>
public sealed record WorkflowTask(
    long Id,
    long WorkflowId,
    string TaskName,
    string TaskType,
    WorkflowTaskStatus Status,
    int StepIndex,
    string? CeleryTaskId,
    int RetryCount,
    int MaxRetries,
    IReadOnlyList<int> Dependencies,
    JsonElement Result,
    string? ErrorMessage,
    DateTimeOffset? StartedAt,
    DateTimeOffset? CompletedAt,
    int? EstimatedDuration,
    int? ActualDuration,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>How far a workflow is, with its tasks in short.</summary>
public sealed record WorkflowProgress(
    long WorkflowId,
    long JobId,
    WorkflowStatus Status,
    int Progress,
    int CurrentStep,
    int TotalSteps,
    int CompletedTasks,
    int FailedTasks,
    int RunningTasks,
    int TotalTasks,
    int RecoveryAttempts,
    int MaxRecoveryAttempts,
    DateTimeOffset? StartedAt,
    DateTimeOffset? CompletedAt,
    IReadOnlyList<TaskProgress> Tasks);

/// <summary>A task in short.</summary>
public sealed record TaskProgress(long Id, string Name, string Type, WorkflowTaskStatus Status, int RetryCount, string? ErrorMessage);
