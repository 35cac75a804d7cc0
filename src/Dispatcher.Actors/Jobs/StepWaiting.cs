using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dispatcher.Jobs;

/// <summary>For whom a step waits instead of running.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<AwaitKind>))]
public enum AwaitKind
{
    /// <summary>Somebody's decision.</summary>
    Approval,

    /// <summary>A job that the step has made.</summary>
    Child,
}

/// <summary>What an approval becomes that nobody gave in time.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<OnTimeout>))]
public enum OnTimeout
{
    Reject,
    Approve,
}

/// <summary>A running step that waits for somebody. It holds no memory meanwhile; <see cref="StepState.DueAt"/> says until when, if that is bounded.</summary>
public sealed record StepWaiting
{
    public required AwaitKind What { get; init; }

    /// <summary>Of an approval.</summary>
    public OnTimeout OnTimeout { get; init; }

    /// <summary>What the approver is asked, if the workflow says.</summary>
    public string? Prompt { get; init; }

    /// <summary>The job that the step has made.</summary>
    public JobId? Child { get; init; }

    /// <summary>The child's request until it is known to be stored: after a crash it is given again, with the same id.</summary>
    public ChildRequest? Uncreated { get; init; }

    /// <summary>The class of failure with which a child that did not complete fails the step.</summary>
    public ErrorClass FailsAs { get; init; } = ErrorClass.Permanent;
}

/// <summary>The job that a step asks for.</summary>
/// <param name="Workflow">Pinned when the step asked.</param>
/// <param name="FailsAs">How its failure fails the step: permanent, or transient, after which the step's retry policy may make another child.</param>
public sealed record ChildRequest(
    WorkflowReference Workflow, JsonElement? Input, int Priority, ImmutableSortedDictionary<string, string>? Labels, ErrorClass FailsAs = ErrorClass.Permanent)
{
    /// <summary>The child as it is submitted: of its parent's tenant, and followed by the same correlation id and trace.</summary>
    public JobSpec SpecFor(JobState parent, StepKey step) => new()
    {
        Tenant = parent.Spec.Tenant,
        Workflow = Workflow,
        Input = Input,
        Priority = Priority,
        Labels = Labels,
        CorrelationId = parent.Spec.CorrelationId,
        TraceParent = parent.Spec.TraceParent,
        Parent = new ParentReference(parent.Id, step.Id, step.Item, (parent.Spec.Parent?.Depth ?? 0) + 1),
    };
}

/// <summary>A worker outside has the attempt.</summary>
/// <param name="Worker">Its name.</param>
/// <param name="Token">The number of the lease's event: each later lease has a larger one, so an outside system can refuse an older.</param>
public sealed record StepLease(string Worker, long Token);

/// <summary>A step, or an item of one, by its indices.</summary>
/// <param name="Item">The item's index, or -1 for the step itself.</param>
public readonly record struct StepPlace(int Step, int Item) : IComparable<StepPlace>
{
    public int CompareTo(StepPlace other)
    {
        var byStep = Step.CompareTo(other.Step);
        return byStep != 0 ? byStep : Item.CompareTo(other.Item);
    }
}

/// <summary>How many steps and items wait for somebody, so that nobody has to look at all of them.</summary>
/// <param name="Approvals">Those that wait for a decision; the others wait for children.</param>
/// <param name="Untimed">Those that wait without a bound.</param>
/// <param name="Uncreated">Those whose child is not known to be stored yet.</param>
public readonly record struct WaitCounts(int Approvals, int Untimed, int Uncreated)
{
    internal WaitCounts Plus(StepState step, int sign) => step.Waiting is not { } waiting ? this : new WaitCounts(
        Approvals + (waiting.What == AwaitKind.Approval ? sign : 0),
        Untimed + (step.DueAt is null ? sign : 0),
        Uncreated + (waiting.Uncreated is null ? 0 : sign));
}
