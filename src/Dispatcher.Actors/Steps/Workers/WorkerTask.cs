using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Kernel;

namespace Dispatcher.Steps.Workers;

/// <summary>Where a task is on its way from its job to a worker and back.</summary>
internal enum WorkerTaskPhase
{
    /// <summary>In line.</summary>
    Waiting,

    /// <summary>Its lease is being written for one poll; the worker does not know of it yet.</summary>
    HandingOver,

    /// <summary>With a worker.</summary>
    Leased,

    /// <summary>The worker has answered; the job writes what came of it.</summary>
    Answered,

    /// <summary>Nobody's any more: its attempt has ended.</summary>
    Over,
}

/// <summary>One attempt that a worker is to make. What can be set belongs to <see cref="WorkerQueues"/>, under its lock.</summary>
internal sealed class WorkerTask(StepContext context, string queue, string name, JsonElement? input, TimeSpan leaseFor)
{
    public StepContext Context { get; } = context;

    public string Queue { get; } = queue;

    public string Name { get; } = name;

    public JsonElement? Input { get; } = input;

    /// <summary>How long a lease lasts without a heartbeat.</summary>
    public TimeSpan LeaseFor { get; } = leaseFor;

    /// <summary>How the attempt ends, for its handler.</summary>
    public TaskCompletionSource<StepResult> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The lease under which a worker had it when an earlier process of this node ended.</summary>
    public StepLease? HeldBefore => Context.Lease;

    public WorkerTaskPhase Phase { get; set; } = WorkerTaskPhase.Waiting;

    /// <summary>Its place by age: given once, kept when a lease is given back.</summary>
    public long Order { get; set; }

    public int Priority { get; set; } = context.Priority;

    public WorkQueue Line { get; set; } = null!;

    public DateTimeOffset OfferedAt { get; set; }

    public long OfferedTimestamp { get; set; }

    /// <summary>The lease, while the phase is Leased or Answered.</summary>
    public HeldLease? Lease { get; set; }

    /// <summary>Whether this key names the lease under which the task is with a worker now.</summary>
    public bool IsHeldUnder(LeaseKey key) =>
        Phase == WorkerTaskPhase.Leased && Lease!.Token == key.Token && Context.Attempt == key.Attempt;

    public LeaseKey KeyOf(long token) => new(Context.JobId, Context.Step, Context.Attempt, token);

    /// <summary>Writes the lease into the job's journal.</summary>
    /// <returns>Its fencing token.</returns>
    public ValueTask<long> RecordLease(string worker) => Context.RecordLease(worker);

    /// <summary>The task as its worker is told of it.</summary>
    public WorkerLease Describe() => new()
    {
        Key = KeyOf(Lease!.Token),
        ExpiresAt = Lease.ExpiresAt,
        HeartbeatEvery = LeaseFor / 3,
        Queue = Queue,
        Task = Name,
        Input = Input,
        Checkpoint = Context.Checkpoint,
        IdempotencyKey = Context.IdempotencyKey,
        CorrelationId = Context.CorrelationId,
        TraceParent = Context.TraceParent,
        Deadline = Context.Deadline,
        Declared = Context.Declared,
    };
}

/// <summary>A lease as this process keeps it.</summary>
internal sealed class HeldLease(SeenWorker holder, long token, long startedTimestamp)
{
    public SeenWorker Holder { get; } = holder;

    public string Worker => Holder.Name;

    public long Token { get; } = token;

    public long StartedTimestamp { get; } = startedTimestamp;

    /// <summary>When the worker was last heard. By the clock that never jumps, so that a changed system time loses no lease.</summary>
    public long HeardTimestamp { get; set; } = startedTimestamp;

    public DateTimeOffset ExpiresAt { get; set; }

    public TimerQueue.Entry? Timer { get; set; }

    /// <summary>Cancelled when the lease is not valid any more; made when somebody needs to know.</summary>
    public CancellationTokenSource? Over { get; set; }

    /// <summary>Files uploaded under this lease, by their path, so that a large one is not hashed again.</summary>
    public Dictionary<string, ArtifactReference>? Uploads { get; set; }
}
