using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dispatcher.Web.Contracts.JobOrchestrator;

/// <summary>A workflow to be made.</summary>
internal sealed record CreateWorkflowRequest
{
    /// <summary>The caller's own job, 1 or more.</summary>
    public required long JobId { get; init; }

    /// <summary>1..100 characters.</summary>
    public required string Name { get; init; }

    /// <summary>1..100 steps.</summary>
    public required IReadOnlyList<StepRequest> Steps { get; init; }

    /// <summary>1..10; 3 if absent.</summary>
    public int? MaxRecoveryAttempts { get; init; }

    /// <summary>An object that is kept with the workflow and given to its steps.</summary>
    public JsonElement? Metadata { get; init; }

    /// <exception cref="WorkflowValidationException">A step is null.</exception>
    public WorkflowSpec ToSpec() => new(Name, [.. Steps.Select((step, index) => step?.ToStep() ?? throw new WorkflowValidationException($"Step {index} must be an object"))])
    {
        MaxRecoveryAttempts = MaxRecoveryAttempts ?? 3,
    };
}

/// <summary>One step of it.</summary>
internal sealed record StepRequest
{
    /// <summary>1..100 characters.</summary>
    public required string Name { get; init; }

    /// <summary>1..50 characters: download, validate, deduplicate, label, storage, ...</summary>
    public required string TaskType { get; init; }

    /// <summary>The name of a handler of the server, or a capability code; `worker` gives the step to an external worker.</summary>
    public required string Handler { get; init; }

    /// <summary>0..10; 3 if absent.</summary>
    public int? MaxRetries { get; init; }

    /// <summary>Indices of earlier steps.</summary>
    public IReadOnlyList<int>? Dependencies { get; init; }

    /// <summary>Seconds that one attempt may take.</summary>
    public double? Timeout { get; init; }

    /// <summary>Seconds.</summary>
    public double? EstimatedDuration { get; init; }

    /// <summary>What the handler receives: an object, whose texts may hold `${...}`.</summary>
    public JsonElement? With { get; init; }

    public WorkflowStep ToStep() => new(Name, TaskType, Handler)
    {
        MaxRetries = MaxRetries ?? 3,
        Dependencies = Dependencies ?? [],
        Timeout = Seconds(Timeout),
        EstimatedDuration = Seconds(EstimatedDuration),
        With = With is { ValueKind: not JsonValueKind.Null } with ? with : null,
    };

    /// <summary>What is out of all bounds becomes what the check refuses.</summary>
    private static TimeSpan? Seconds(double? seconds) => seconds is { } value ? TimeSpan.FromSeconds(Math.Clamp(value, -1, 1e9)) : null;
}

/// <summary>From where a workflow goes on.</summary>
internal sealed record RecoverWorkflowRequest
{
    /// <summary>The index of a step, 0 or more.</summary>
    public required int FromStep { get; init; }

    /// <summary>At most 500 characters.</summary>
    public string? Reason { get; init; }
}

/// <summary>Why a workflow is paused or cancelled.</summary>
internal sealed record WorkflowReasonRequest
{
    /// <summary>At most 500 characters.</summary>
    public string? Reason { get; init; }
}

/// <summary>An order that is durable and waits for the node that owns the workflow; what comes of it the workflow shows, at <c>Location</c>. It takes effect once, or is refused then.</summary>
/// <param name="Id">The workflow's number.</param>
/// <param name="Status">Always <c>accepted</c>.</param>
internal sealed record WorkflowReceipt(long Id, string Status);

/// <summary>Workflows, newest first.</summary>
internal sealed record WorkflowList(IReadOnlyList<WorkflowState> Workflows);

/// <summary>Tasks, in the order of their steps.</summary>
internal sealed record WorkflowTaskList(IReadOnlyList<WorkflowTask> Tasks);

/// <summary>Source-generated JSON of this contract.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(CreateWorkflowRequest))]
[JsonSerializable(typeof(RecoverWorkflowRequest))]
[JsonSerializable(typeof(WorkflowReasonRequest))]
[JsonSerializable(typeof(WorkflowState))]
[JsonSerializable(typeof(WorkflowProgress))]
[JsonSerializable(typeof(WorkflowTask))]
[JsonSerializable(typeof(WorkflowReceipt))]
[JsonSerializable(typeof(WorkflowList))]
[JsonSerializable(typeof(WorkflowTaskList))]
[JsonSerializable(typeof(OrchestratedInput))]
internal sealed partial class OrchestratorJson : JsonSerializerContext;
