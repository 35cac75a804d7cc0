using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.Steps.Artifacts;

namespace Dispatcher.Steps.Workers;

/// <summary>A task in the hands of a worker: all that the worker is told.</summary>
public sealed record WorkerLease
{
    /// <summary>Shown with everything that the worker says of this task.</summary>
    public required LeaseKey Key { get; init; }

    /// <summary>Without a heartbeat until then the attempt has failed with <c>worker-lost</c>.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>How often the worker should say that it is alive: a third of the lease, so that two heartbeats may get lost.</summary>
    public required TimeSpan HeartbeatEvery { get; init; }

    public required string Queue { get; init; }

    /// <summary>What the step calls its task; the step's id if it does not say.</summary>
    public required string Task { get; init; }

    public JsonElement? Input { get; init; }

    /// <summary>What an earlier attempt saved last, if any did.</summary>
    public JsonElement? Checkpoint { get; init; }

    /// <summary>Equal for all attempts of this step.</summary>
    public required string IdempotencyKey { get; init; }

    public string? CorrelationId { get; init; }

    /// <summary>The W3C trace context of the job, if it was given with one.</summary>
    public string? TraceParent { get; init; }

    /// <summary>When the attempt or the job runs out of time, if either has a timeout.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>The files that the workflow says this step leaves; each must be uploaded before the task is completed.</summary>
    public ImmutableArray<DeclaredArtifact> Declared { get; init; } = [];
}

/// <summary>What a worker asks for.</summary>
/// <param name="Tenant">Whose queues.</param>
/// <param name="Queues">1..<see cref="QueueLimit"/> names.</param>
/// <param name="Worker">What the worker calls itself.</param>
/// <param name="Max">Tasks that it can take now, 1..<see cref="MaxLimit"/>.</param>
/// <param name="Wait">How long it waits when there is none.</param>
/// <param name="Drain">It takes no more: its other polls are answered at once, and so is this one.</param>
public sealed record LeaseRequest(string Tenant, ImmutableArray<string> Queues, string Worker, int Max, TimeSpan Wait, bool Drain = false)
{
    public const int QueueLimit = 20;
    public const int MaxLimit = 100;
    public static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(60);
}

/// <summary>The node holds as many polls or queues of workers as it may; the worker asks again in a moment.</summary>
public sealed class WorkersFullException(string message) : Exception(message);
