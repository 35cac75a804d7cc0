using Dispatcher.Steps;

namespace Dispatcher.Web.Contracts.JobOrchestrator;

/// <summary>One step of a <see cref="WorkflowSpec"/>: what it is called, what kind of task it is, and the code behind it.</summary>
public sealed record WorkflowStep
{
    /// <summary>A step whose code is a function of the application. Add its workflow with <c>services.AddOrchestratedWorkflow</c> at every node, so that any of them can run it.</summary>
    /// <param name="name">1..100 characters.</param>
    /// <param name="taskType">1..50 characters: download, validate, deduplicate, label, storage, ...</param>
    /// <param name="handler">Its result is the task's <c>result</c>: anything that becomes JSON, or null. Whatever it throws counts as a failure that is tried again.</param>
    public WorkflowStep(string name, string taskType, Func<StepContext, Task<object?>> handler) => (Name, TaskType, Function) = (name, taskType, handler);

    /// <summary>A step whose code is a handler of the server, by its name or capability code: <c>worker</c> gives it to an external worker.</summary>
    public WorkflowStep(string name, string taskType, string handler) => (Name, TaskType, Handler) = (name, taskType, handler);

    public string Name { get; }

    public string TaskType { get; }

    /// <summary>The handler's name; null for a function.</summary>
    public string? Handler { get; }

    public Func<StepContext, Task<object?>>? Function { get; }

    /// <summary>How often it is tried again after its first attempt, 0..10: after 1, 2, 4, 8, ... seconds.</summary>
    public int MaxRetries { get; init; } = 3;

    /// <summary>Indices of earlier steps that must have completed; else this one is skipped.</summary>
    public IReadOnlyList<int> Dependencies { get; init; } = [];

    /// <summary>The longest time of one attempt; none if absent.</summary>
    public TimeSpan? Timeout { get; init; }

    public TimeSpan? EstimatedDuration { get; init; }

    /// <summary>
    /// What the code receives; texts may hold <c>${...}</c>. Absent: the caller's job id, the workflow's metadata and the results of its dependencies:
    /// <c>{ job_id, metadata, results: [...] }</c>.
    /// </summary>
    public object? With { get; init; }
}
