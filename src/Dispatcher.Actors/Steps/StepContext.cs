using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps.Artifacts;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Steps;

/// <summary>What a handler knows about its attempt, and what it can tell the engine while it runs.</summary>
public abstract class StepContext
{
    public required JobId JobId { get; init; }

    public required string Tenant { get; init; }

    public required string WorkflowName { get; init; }

    public required StepKey Step { get; init; }

    /// <summary>Counted from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>How often the job had been recovered when the attempt started, from 0. A recovered step begins anew, with attempt 1 and without checkpoint.</summary>
    public int Recovery { get; init; }

    /// <summary>The step's evaluated <c>with</c>; it fits the handler's schema.</summary>
    public required JsonElement? With { get; init; }

    /// <summary>The last value that an earlier attempt saved, if any.</summary>
    public required JsonElement? Checkpoint { get; init; }

    /// <summary>The job's folder in the artifact store.</summary>
    public abstract ArtifactFolder Artifacts { get; }

    /// <summary>The folder of another job of the same tenant, to read from: empty if there is no such job. Whoever may give a step its input may so read the tenant's files.</summary>
    public virtual ArtifactFolder ArtifactsOf(JobId job) => throw new NotSupportedException("Only a running attempt has a store of artifacts.");

    /// <summary>The files that the workflow says this step leaves in its folder. One that is missing at the end fails the step.</summary>
    public ImmutableArray<DeclaredArtifact> Declared { get; init; } = [];

    public required TimeProvider Time { get; init; }

    /// <summary>Each line that is written here carries the job, its tenant and correlation id, the step and the attempt.</summary>
    public virtual ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>The lease that was recorded for this attempt before this process took it up; only for an <see cref="IExternalStepHandler"/>.</summary>
    public StepLease? Lease { get; init; }

    /// <summary>Cancelled when the job is cancelled, the attempt's time is over, or the node shuts down.</summary>
    public required CancellationToken Cancellation { get; init; }

    /// <summary>
    /// Why <see cref="Cancellation"/> was cancelled; <see cref="StopReason.None"/> before. Only <see cref="StopReason.JobEnded"/> says that nobody will ask for the
    /// work again: what was ordered elsewhere can be called off then, and must not be when the node only shuts down.
    /// </summary>
    public virtual StopReason StopReason => StopReason.None;

    public string? CorrelationId { get; init; }

    /// <summary>The W3C trace context of the request that made the job, if there was one.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The job's priority when the attempt started, -100..100.</summary>
    public int Priority { get; init; }

    /// <summary>When the attempt or its job runs out of time, if either has a timeout.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>The writer's incarnation: a later one is always larger, so an outside system can refuse an older one.</summary>
    public required long Epoch { get; init; }

    /// <summary>Equal for all attempts of this step, also when it is recovered (<see cref="Recovery"/>): <c>job/step</c> or <c>job/step/item</c>.</summary>
    public string IdempotencyKey => Step.Item is { } item ? $"{JobId}/{Step.Id}/{item}" : $"{JobId}/{Step.Id}";

    /// <summary>Says that the handler is alive; starts the heartbeat timeout if the step has one.</summary>
    public abstract void Heartbeat();

    /// <summary>Reports 0..100 per cent and a message. Shown live, not an event; also a heartbeat.</summary>
    public abstract void Progress(double percent, string? message = null);

    /// <summary>Saves a small JSON value (at most 64 KiB) durably; the next attempt receives it. Completes when it is durable.</summary>
    public abstract ValueTask SaveCheckpoint(JsonElement checkpoint);

    /// <summary>
    /// Records durably that a worker outside has taken the attempt; a lease that is there is replaced. Gives the lease's token, larger than that of every
    /// earlier lease of the job, when it is durable. Cancelled when the attempt is over.
    /// </summary>
    /// <param name="worker">1 to <see cref="JobLimits.WorkerCharacters"/> characters.</param>
    /// <exception cref="OperationCanceledException">The attempt is over, or the lease cannot be saved now.</exception>
    public virtual ValueTask<long> RecordLease(string worker) => throw new NotSupportedException("Only a running attempt can be leased.");
}
