using System.Globalization;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps.Workers;

namespace Dispatcher.Web.Contracts.JobOrchestrator;

/// <summary>A job of the engine in the contract's words. Everything is derived: nothing is stored for it.</summary>
internal sealed class WorkflowReading
{
    private static readonly JsonElement EmptyObject = JsonElement.Parse("{}");

    private readonly JobState _job;
    private readonly OrchestratedInput _input;
    private readonly Func<string, bool> _isExternal;

    private WorkflowReading(JobState job, long id, OrchestratedInput input, Func<string, bool> isExternal) => (_job, Id, _input, _isExternal) = (job, id, input, isExternal);

    /// <summary>Null for a job that is no workflow. Anybody may give a job the contract's label; its key, exactly as the contract spells it, is given by the contract alone.</summary>
    /// <param name="isExternal">Whether a handler of this name gives its steps to workers outside.</param>
    public static WorkflowReading? Of(JobState job, Func<string, bool> isExternal)
    {
        var key = job.Spec.IdempotencyKey ?? "";
        if (!long.TryParse(key.AsSpan(key.IndexOf(':', StringComparison.Ordinal) + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) return null;
        var isOurs = key == JobNumber.KeyOf(OrchestratedDefinition.ContractName, id) && OrchestratedDefinition.HasLabel(job.Spec.Labels);
        if (!isOurs || OrchestratedInput.Of(job) is not { } input) return null;
        var hasTasks = Enumerable.Range(0, input.Tasks.Count).All(index => job.Plan.TryIndexOf(OrchestratedDefinition.StepId(index), out _));
        return hasTasks ? new WorkflowReading(job, id, input, isExternal) : null;
    }

    public JobState Job => _job;

    public long Id { get; }

    /// <summary>The caller's own job.</summary>
    public long JobId => _input.JobId;

    public WorkflowStatus Status => _job.Status switch
    {
        JobStatus.Pending => WorkflowStatus.Pending,
        JobStatus.Paused => WorkflowStatus.Paused,
        JobStatus.Recovering => WorkflowStatus.Recovering,
        JobStatus.Completed => WorkflowStatus.Completed,
        JobStatus.Failed => WorkflowStatus.Failed,
        JobStatus.Cancelled => WorkflowStatus.Cancelled,
        _ => WorkflowStatus.Running,
    };

    public int TotalSteps => _input.Tasks.Count;

    public int RecoveryAttempts => _job.RecoveryAttempts;

    public int MaxRecoveryAttempts => _job.Plan.MaxRecoveryAttempts;

    /// <summary>The first step that has not ended well; the count of steps if all have.</summary>
    public int CurrentStep => Enumerable.Range(0, TotalSteps).TakeWhile(index => IsBehind(StepOf(index))).Count();

    public WorkflowState State() => new(
        Id,
        JobId,
        Status,
        CurrentStep,
        TotalSteps,
        Progress,
        _input.Metadata,
        ErrorMessage,
        StartedAt,
        _job.EndedAt,
        Steps.Max(step => step.EndedAt),
        RecoveryAttempts,
        MaxRecoveryAttempts,
        _job.CreatedAt,
        _job.UpdatedAt);

    public WorkflowProgress ProgressView()
    {
        var tasks = Tasks();
        return new WorkflowProgress(
            Id, JobId, Status, Progress, CurrentStep, TotalSteps,
            tasks.Count(task => task.Status == WorkflowTaskStatus.Completed),
            tasks.Count(task => task.Status == WorkflowTaskStatus.Failed),
            tasks.Count(task => task.Status == WorkflowTaskStatus.Running),
            tasks.Count,
            RecoveryAttempts, MaxRecoveryAttempts, StartedAt, _job.EndedAt,
            [.. tasks.Select(task => new TaskProgress(task.Id, task.TaskName, task.TaskType, task.Status, task.RetryCount, task.ErrorMessage))]);
    }

    public IReadOnlyList<WorkflowTask> Tasks() => [.. Enumerable.Range(0, TotalSteps).Select(TaskOf)];

    private IEnumerable<StepState> Steps => Enumerable.Range(0, TotalSteps).Select(StepOf);

    /// <summary>The contract's own arithmetic, in doubles: 29 of 100 steps are 28 per cent.</summary>
    private int Progress => Status == WorkflowStatus.Completed ? 100 : (int)((double)CurrentStep / TotalSteps * 100);

    private DateTimeOffset? StartedAt => Steps.Select(step => step.StartedAt).Append(_job.StartedAt).Min();

    private string? ErrorMessage
    {
        get
        {
            if (_job.Failure is not { } failure) return null;
            for (var i = 0; i < TotalSteps; i++)
            {
                if (StepOf(i) is { Status: StepStatus.Failed } step)
                    return $"Task {NameOf(i)} failed after {step.Attempt} attempts: {MessageOf(i, step.Failure ?? failure)}";
            }

            for (var i = 0; i < TotalSteps; i++)
            {
                if (StepOf(i) is { Status: StepStatus.Skipped, SkipReason: not null }) return $"Task {NameOf(i)} was skipped: a task that it depends on has not completed";
            }

            return failure.Message;
        }
    }

    private WorkflowTask TaskOf(int index)
    {
        var (step, task) = (StepOf(index), _input.Tasks[index]);
        var isClosed = step.Status is StepStatus.Completed or StepStatus.Failed or StepStatus.Cancelled || StatusOf(index) == WorkflowTaskStatus.Skipped;
        var ended = isClosed ? step.EndedAt : null;
        return new WorkflowTask(
            Id + 1 + index,
            Id,
            NameOf(index),
            task.Type,
            StatusOf(index),
            index,
            LeaseOf(index, step),
            Math.Max(0, step.Status == StepStatus.Retrying ? step.Attempt : step.Attempt - 1),
            task.MaxRetries,
            task.Dependencies,
            step.Status != StepStatus.Completed || step.Output is not { } output ? EmptyObject : output,
            step.Failure is { } failure ? MessageOf(index, failure) : null,
            step.StartedAt,
            ended,
            task.EstimatedDuration,
            ended - step.StartedAt is { } duration ? (int)Math.Round(duration.TotalSeconds) : null,
            _job.CreatedAt,
            step.EndedAt ?? step.StartedAt ?? _job.CreatedAt);
    }

    private WorkflowTaskStatus StatusOf(int index)
    {
        var step = StepOf(index);
        return step.Status switch
        {
            StepStatus.Queued => WorkflowTaskStatus.Queued,
            // A worker outside has not fetched it yet.
            StepStatus.Running when step.IsExecuting && step.Lease is null && _isExternal(_job.Plan.Steps[PlanIndex(index)].Handler) => WorkflowTaskStatus.Queued,
            StepStatus.Running => WorkflowTaskStatus.Running,
            StepStatus.Retrying => WorkflowTaskStatus.Retrying,
            StepStatus.Completed => WorkflowTaskStatus.Completed,
            StepStatus.Failed => WorkflowTaskStatus.Failed,
            StepStatus.Skipped when step.SkipReason is not null => WorkflowTaskStatus.Skipped,
            StepStatus.Cancelled => WorkflowTaskStatus.Cancelled,
            // The workflow has failed before it came to this one, and a recovery may yet reach it.
            _ => WorkflowTaskStatus.Pending,
        };
    }

    private string? LeaseOf(int index, StepState step) =>
        step.Lease is { } lease ? new LeaseKey(_job.Id, new StepKey(OrchestratedDefinition.StepId(index)), step.Attempt, lease.Token).ToText() : null;

    private string NameOf(int index) => _input.Tasks[index].Name;

    private string MessageOf(int index, Failure failure) => failure is { Class: ErrorClass.Timeout, Code: "TIMEOUT" } && _input.Tasks[index].Timeout is { } timeout
        ? string.Create(CultureInfo.InvariantCulture, $"Task timeout after {timeout}s")
        : failure.Message;

    private static bool IsBehind(StepState step) => step.Status == StepStatus.Completed || step is { Status: StepStatus.Skipped, SkipReason: not null };

    private StepState StepOf(int index) => _job.Steps[PlanIndex(index)];

    private int PlanIndex(int index) => _job.Plan.IndexOf(OrchestratedDefinition.StepId(index));
}
