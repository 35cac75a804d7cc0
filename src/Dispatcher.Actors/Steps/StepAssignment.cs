using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps.Artifacts;

namespace Dispatcher.Steps;

/// <summary>One attempt to be run: everything a step actor needs to know of its job.</summary>
public sealed record StepAssignment
{
    public required JobId JobId { get; init; }

    public required string Tenant { get; init; }

    public required string WorkflowName { get; init; }

    public required StepKey Step { get; init; }

    /// <summary>Counted from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>How often the job was recovered before.</summary>
    public int Recovery { get; init; }

    public required IStepHandler Handler { get; init; }

    public JsonElement? With { get; init; }

    public JsonElement? Checkpoint { get; init; }

    public ImmutableArray<DeclaredArtifact> Declared { get; init; } = [];

    public string? CorrelationId { get; init; }

    /// <summary>The trace to which the attempt belongs, if its job came with one.</summary>
    public string? TraceParent { get; init; }

    /// <summary>When the attempt started, if an earlier process started it: its time counts from then.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The lease of an attempt that was taken up again.</summary>
    public StepLease? Lease { get; init; }

    /// <summary>True when the attempt survives this process.</summary>
    public bool IsExternal => Handler is IExternalStepHandler;

    public int Priority { get; init; }

    /// <summary>When the job's own time is over.</summary>
    public DateTimeOffset? JobDeadline { get; init; }

    /// <summary>The longest time of the attempt.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The longest silence after the first heartbeat.</summary>
    public TimeSpan? HeartbeatTimeout { get; init; }

    /// <summary>The fencing token of the attempt: it grows with each owner of the job's shard, so a service that keeps the highest can tell a late owner.</summary>
    public required long Epoch { get; init; }

    /// <summary>Called once when the handler no longer occupies its place: it ended, or was abandoned.</summary>
    public required Action Release { get; init; }
}

/// <summary>How an attempt ended, as its job is told.</summary>
public abstract record StepOutcome
{
    private StepOutcome()
    {
    }

    public sealed record Succeeded(StepResult Result) : StepOutcome;

    public sealed record Failed(Failure Failure) : StepOutcome;

    /// <summary>The node's shutdown ended it; the attempt does not count.</summary>
    public sealed record Released : StepOutcome
    {
        public static Released Instance { get; } = new();
    }

    /// <summary>The node shuts down and the attempt goes on outside: nothing has happened to it.</summary>
    public sealed record Detached : StepOutcome
    {
        public static Detached Instance { get; } = new();
    }
}

/// <summary>From a step actor to its job: the attempt has ended.</summary>
/// <param name="From">Its address: attempts are counted anew when a job is recovered, so the number alone does not tell an old actor from a new one.</param>
public sealed record StepEnded(ActorCell From, StepKey Step, int Attempt, StepOutcome Outcome);

/// <summary>From a step actor to its job: save this durably, then complete the reply.</summary>
public sealed record CheckpointRequested(ActorCell From, StepKey Step, int Attempt, JsonElement Checkpoint, TaskCompletionSource Saved) : IDeadLetter
{
    public void Undelivered() => Saved.TrySetException(new OperationCanceledException("The job has ended; its checkpoint is refused."));
}

/// <summary>From a step actor to its job: record durably that this worker has the attempt, then complete the reply with the lease's token.</summary>
public sealed record LeaseRequested(ActorCell From, StepKey Step, int Attempt, string Worker, TaskCompletionSource<long> Leased) : IDeadLetter
{
    public void Undelivered() => Leased.TrySetException(new OperationCanceledException("The attempt is over; it cannot be leased."));
}

/// <summary>From a step actor to its job: how far it is. Not durable.</summary>
public sealed record StepProgressed(ActorCell From, StepKey Step, int Attempt, double Percent, string? Message);

/// <summary>Why a running attempt is asked to stop.</summary>
public enum StopReason
{
    None,

    /// <summary>The job has ended (cancelled, failed by another step, timed out).</summary>
    JobEnded,

    /// <summary>The node shuts down.</summary>
    Shutdown,

    /// <summary>The node shuts down, and the attempt is worked on outside it.</summary>
    Detached,

    /// <summary>The attempt's own time is over.</summary>
    Timeout,

    /// <summary>The handler's heartbeat stopped.</summary>
    HeartbeatLost,
}
