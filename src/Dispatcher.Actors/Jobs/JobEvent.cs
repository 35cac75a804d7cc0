using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dispatcher.Jobs;

/// <summary>
/// What happened to a job. Events are the truth: a job's state is the fold of its events and nothing else. Stored by the stable
/// names in <see cref="EventCodec"/>, never by a CLR name.
/// </summary>
public abstract record JobEvent
{
    private JobEvent(DateTimeOffset at) => At = at;

    [JsonIgnore]
    public DateTimeOffset At { get; init; }

    public sealed record Submitted(JobId Id, JobSpec Spec, Principal By, DateTimeOffset At) : JobEvent(At);

    public sealed record Approved(Principal By, string? Reason, DateTimeOffset At) : JobEvent(At);

    /// <summary>The job is cancelled: it was never allowed to run.</summary>
    public sealed record Rejected(Principal By, string? Reason, DateTimeOffset At) : JobEvent(At);

    public sealed record Scheduled(DateTimeOffset StartAt, DateTimeOffset At) : JobEvent(At);

    public sealed record Waiting(DateTimeOffset At) : JobEvent(At);

    public sealed record DependencyResolved(JobId Dependency, JobStatus Outcome, DateTimeOffset At) : JobEvent(At);

    public sealed record Queued(DateTimeOffset At) : JobEvent(At);

    public sealed record Started(DateTimeOffset At) : JobEvent(At);

    public sealed record Paused(Principal By, string? Reason, DateTimeOffset At) : JobEvent(At);

    public sealed record Resumed(Principal By, string? Reason, DateTimeOffset At) : JobEvent(At);

    public sealed record Recovering(string FromStep, int Attempt, Principal By, string? Reason, DateTimeOffset At) : JobEvent(At)
    {
        /// <summary>True: steps that did not end well and do not need that one are skipped; absent: they run again.</summary>
        public bool? PassOver { get; init; }
    }

    public sealed record PriorityChanged(int Priority, Principal By, string? Reason, DateTimeOffset At) : JobEvent(At);

    /// <summary>The job, which nobody has approved yet, has another input.</summary>
    public sealed record Amended(JsonElement? Input, Principal By, string? Reason, DateTimeOffset At) : JobEvent(At);

    public sealed record Completed(JsonElement? Output, DateTimeOffset At) : JobEvent(At)
    {
        /// <summary>Of a job that held something of a meter.</summary>
        public QuotaCharge? Charge { get; init; }
    }

    public sealed record Failed(Failure Failure, string? Step, DateTimeOffset At) : JobEvent(At);

    public sealed record Cancelled(Principal By, string? Reason, DateTimeOffset At) : JobEvent(At);

    public sealed record StepQueued(string Step, int? Item, DateTimeOffset At) : JobEvent(At);

    public sealed record StepStarted(string Step, int? Item, int Attempt, DateTimeOffset At) : JobEvent(At);

    public sealed record StepExpanded(string Step, int Items, DateTimeOffset At) : JobEvent(At);

    public sealed record StepCheckpointed(string Step, int? Item, int Attempt, JsonElement Checkpoint, DateTimeOffset At) : JobEvent(At);

    public sealed record StepSleeping(string Step, int? Item, int Attempt, DateTimeOffset Until, JsonElement? Output, DateTimeOffset At) : JobEvent(At);

    public sealed record StepReleased(string Step, int? Item, int Attempt, DateTimeOffset At) : JobEvent(At);

    public sealed record StepRetrying(string Step, int? Item, int Attempt, Failure Failure, DateTimeOffset RetryAt, DateTimeOffset At) : JobEvent(At);

    public sealed record StepCompleted(
        string Step, int? Item, int Attempt, JsonElement? Output, ImmutableArray<ArtifactReference>? Artifacts, DateTimeOffset At) : JobEvent(At);

    public sealed record StepFailed(string Step, int? Item, int Attempt, Failure Failure, DateTimeOffset At) : JobEvent(At);

    /// <summary>The attempt waits for somebody.</summary>
    public sealed record StepAwaiting(string Step, int? Item, int Attempt, AwaitKind What, DateTimeOffset? Until, DateTimeOffset At) : JobEvent(At)
    {
        /// <summary>Of an approval.</summary>
        public OnTimeout? OnTimeout { get; init; }

        public string? Prompt { get; init; }

        /// <summary>The child's id, drawn before it is made.</summary>
        public JobId? Child { get; init; }

        public ChildRequest? Request { get; init; }
    }

    /// <summary>The child that the step waits for is stored.</summary>
    public sealed record StepChildCreated(string Step, int? Item, JobId Child, DateTimeOffset At) : JobEvent(At);

    /// <summary>Somebody has approved the step; its completion follows.</summary>
    public sealed record StepApproved(string Step, int? Item, Principal By, string? Reason, DateTimeOffset At) : JobEvent(At);

    /// <summary>Somebody has rejected the step; its failure follows.</summary>
    public sealed record StepRejected(string Step, int? Item, Principal By, string? Reason, DateTimeOffset At) : JobEvent(At);

    /// <summary>A worker outside has taken the attempt.</summary>
    /// <param name="Token">This event's own number.</param>
    public sealed record StepLeased(string Step, int? Item, int Attempt, string Worker, long Token, DateTimeOffset At) : JobEvent(At);

    /// <summary>Somebody wants the step tried again now.</summary>
    public sealed record StepRetryRequested(string Step, int? Item, Principal By, string? Reason, DateTimeOffset At) : JobEvent(At);

    public sealed record StepSkipped(string Step, string Reason, DateTimeOffset At) : JobEvent(At);
}
