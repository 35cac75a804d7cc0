using System.Text.Json;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Workers;

namespace Dispatcher.Web.Workers;

/// <summary>A worker asks for tasks.</summary>
internal sealed record LeaseTasksRequest
{
    private const int DefaultWaitMs = 30_000;

    /// <summary>1..20 names of queues; the task that comes first over all of them is taken first.</summary>
    public required IReadOnlyList<string> Queues { get; init; }

    /// <summary>What the worker calls itself, 1..128 characters: shown in statistics and written into the journal with each lease.</summary>
    public required string Worker { get; init; }

    /// <summary>How many tasks it can take now, 1..100; 1 if absent.</summary>
    public int? Capacity { get; init; }

    /// <summary>How long it waits when there is none, 0..60000; 30000 if absent. The answer comes as soon as there is one.</summary>
    public int? WaitMs { get; init; }

    /// <summary>It takes no more tasks: its other polls are answered with none at once, and so is this one.</summary>
    public bool Drain { get; init; }

    public LeaseRequest For(string tenant) =>
        new(tenant, [.. Queues], Worker, Capacity ?? 1, TimeSpan.FromMilliseconds(WaitMs ?? DefaultWaitMs), Drain);
}

/// <summary>The tasks that the worker has now; none when the wait was in vain.</summary>
internal sealed record LeasedTasks(IReadOnlyList<LeasedTask> Leases)
{
    public static LeasedTasks Of(IEnumerable<WorkerLease> leases) => new([.. leases.Select(LeasedTask.Of)]);
}

/// <summary>A task and all that its worker may know of it.</summary>
internal sealed record LeasedTask
{
    /// <summary>Opaque; shown with every heartbeat, upload and answer.</summary>
    public required string Lease { get; init; }

    /// <summary>Unless the worker is heard before, the attempt fails with <c>worker-lost</c> then.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>How often the worker should send a heartbeat, in milliseconds.</summary>
    public required long HeartbeatMs { get; init; }

    public required string JobId { get; init; }

    public required string Step { get; init; }

    /// <summary>The item's index, for a step that runs once for each item.</summary>
    public int? Item { get; init; }

    /// <summary>Counted from 1.</summary>
    public required int Attempt { get; init; }

    public required string Queue { get; init; }

    /// <summary>What is to be done; the step's id if the workflow does not say.</summary>
    public required string Task { get; init; }

    public JsonElement? Input { get; init; }

    /// <summary>What an earlier attempt saved last.</summary>
    public JsonElement? Checkpoint { get; init; }

    /// <summary>Equal for all attempts of the step: make outside effects happen once by it.</summary>
    public required string IdempotencyKey { get; init; }

    /// <summary>Larger with each lease of the job: an outside system can refuse what comes with a smaller one.</summary>
    public required long FencingToken { get; init; }

    public string? CorrelationId { get; init; }

    public string? Traceparent { get; init; }

    /// <summary>When the attempt or its job runs out of time, if either has a timeout.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Files that the workflow wants from this step; each must be uploaded before the task is completed.</summary>
    public required IReadOnlyList<DeclaredArtifact> Artifacts { get; init; }

    public static LeasedTask Of(WorkerLease lease) => new()
    {
        Lease = lease.Key.ToText(),
        ExpiresAt = lease.ExpiresAt,
        HeartbeatMs = (long)lease.HeartbeatEvery.TotalMilliseconds,
        JobId = lease.Key.JobId.ToString(),
        Step = lease.Key.Step.Id,
        Item = lease.Key.Step.Item,
        Attempt = lease.Key.Attempt,
        Queue = lease.Queue,
        Task = lease.Task,
        Input = lease.Input,
        Checkpoint = lease.Checkpoint,
        IdempotencyKey = lease.IdempotencyKey,
        FencingToken = lease.Key.Token,
        CorrelationId = lease.CorrelationId,
        Traceparent = lease.TraceParent,
        Deadline = lease.Deadline,
        Artifacts = lease.Declared,
    };
}
