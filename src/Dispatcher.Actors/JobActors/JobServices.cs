using System.Text.Json;
using Dispatcher.JobActors.Remote;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Sharding;
using Dispatcher.Steps;
using Dispatcher.Steps.Admission;
using Dispatcher.Steps.Handlers;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.JobActors;

/// <summary>The edges and settings of the job actors of one node.</summary>
public sealed class JobServices
{
    private bool _isDraining;
    private bool _hasStoodDown;
    private int _stuck;

    public JobServices() => Delivery = new JobDelivery(this);

    public required ActorSystem System { get; init; }

    /// <summary>The system's clock.</summary>
    public required SteadyClock Clock { get; init; }

    public required IJobStore Store { get; init; }

    public required WorkflowCatalog Workflows { get; init; }

    public required HandlerRegistry Handlers { get; init; }

    public required AdmissionPoint Admission { get; init; }

    public required StepServices Steps { get; init; }

    public required IJobObserver Observer { get; init; }

    public required ILogger Logger { get; init; }

    /// <summary>Where the ids of jobs come from.</summary>
    public required IdGenerator Ids { get; init; }

    /// <summary>What expressions see as <c>env</c>.</summary>
    public required JsonElement EnvironmentValue { get; init; }

    /// <summary>Events after which a long job's state is saved, at the least.</summary>
    public int SnapshotAfterEvents { get; init; } = 1000;

    /// <summary>A waiting job with no wake-up within this time leaves memory; null keeps every open job.</summary>
    public TimeSpan? PassivateIfIdleFor { get; init; }

    public Supervision Supervision { get; init; } = Supervision.Default;

    /// <summary>Commands that wait for their replies at once.</summary>
    public int CommandLimit { get; init; } = 100_000;

    /// <summary>Bytes of the inputs of those.</summary>
    public long CommandLimitBytes { get; init; } = 256L << 20;

    /// <summary>Which jobs are this node's.</summary>
    public required ShardTable Shards { get; init; }

    /// <summary>The way to jobs of other nodes; null if there are none.</summary>
    public RemoteJobs? Remote { get; set; }

    /// <summary>How long this node may trust that its jobs are its own; null if nobody else could take them.</summary>
    public NodeTrust? Trust { get; init; }

    /// <summary>The accounts of meters; null where there are none, and then a job that needs one is refused.</summary>
    public IQuotaStore? Quota { get; init; }

    /// <summary>The plan of an account that nobody has made; null refuses what needs one.</summary>
    public QuotaPlan? DefaultQuotaPlan { get; init; }

    /// <summary>Called when the store has refused a write because another node has taken over.</summary>
    public Action? Fenced { get; set; }

    public JobRegistry Registry { get; } = new();

    public JobDelivery Delivery { get; }

    /// <summary>True once the node shuts down: no job starts anything more, however it came into memory.</summary>
    public bool IsDraining
    {
        get => Volatile.Read(ref _isDraining);
        set => Volatile.Write(ref _isDraining, value);
    }

    /// <summary>True once the node may not write any more: whatever waits for the store stops waiting.</summary>
    public bool HasStoodDown
    {
        get => Volatile.Read(ref _hasStoodDown);
        set => Volatile.Write(ref _hasStoodDown, value);
    }

    /// <summary>Jobs in memory that could go on and of which nobody takes care: 0, or there is a bug.</summary>
    public int Stuck => Volatile.Read(ref _stuck);

    internal void CountStuck(int more) => Interlocked.Add(ref _stuck, more);

    /// <summary>Now, in the journal's resolution, so that a replayed state equals the live one.</summary>
    public DateTimeOffset Now() => Now(out _);

    /// <param name="ahead">How far that is ahead of the wall clock.</param>
    public DateTimeOffset Now(out TimeSpan ahead)
    {
        var now = Clock.Read(out ahead);
        return StoredTime.Truncate(now);
    }

    /// <summary>An id for a job that is made now, and that time: one of this node's own shards, if it has any.</summary>
    public (JobId Id, DateTimeOffset At) NextJob()
    {
        while (true)
        {
            var id = Ids.NextJobId(out var at);
            if (Shards.IsMine(id) || Shards.Owned is { Shards.IsEmpty: true }) return (id, StoredTime.Truncate(at));
        }
    }

    /// <summary>A job as of one of its events, or as it is if it has fewer, read from the store; null if there is no such job.</summary>
    /// <exception cref="JobParkedException">Its history cannot be understood here.</exception>
    internal async ValueTask<JobState?> StateAt(JobId id, long sequenceNr)
    {
        if (await Store.ReadHistory(id) is not { } history) return null;
        if (history.SnapshotSequenceNr > sequenceNr || history.Snapshot is { Version: not SnapshotCodec.Version })
            history = new JobHistory(id, null, 0, await Store.ReadEvents(id, 0, int.MaxValue));
        var events = history.Events.TakeWhile(stored => stored.SequenceNr <= sequenceNr).ToList();
        return (await JobLoader.Load(new JobHistory(id, history.Snapshot, history.SnapshotSequenceNr, events), Workflows)).State;
    }
}
