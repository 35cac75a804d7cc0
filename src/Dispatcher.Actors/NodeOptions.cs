using Dispatcher.Coordination;
using Dispatcher.Feed;
using Dispatcher.Feed.Callbacks;
using Dispatcher.JobActors;
using Dispatcher.Kernel;
using Dispatcher.Sharding;
using Dispatcher.Steps.Admission;

namespace Dispatcher;

/// <summary>The settings of a node; each is explained once, in hocon/reference.conf.</summary>
public sealed record NodeOptions
{
    public string Environment { get; init; } = "dev";

    public Func<string, StageLimits> StageLimits { get; init; } = _ => new StageLimits();

    public int SnapshotAfterEvents { get; init; } = 1000;

    /// <summary>A waiting job with no wake-up within this time leaves memory; null keeps every open job.</summary>
    public TimeSpan? PassivateIfIdleFor { get; init; } = TimeSpan.FromSeconds(120);

    public Supervision Supervision { get; init; } = Supervision.Default;

    public TimeSpan AbandonAfter { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan? DefaultStepTimeout { get; init; }

    public TimeSpan ProgressInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Jobs that are loaded at once after a start, or when many become due: the next ones follow when these have had their first turn. At least 1.</summary>
    public int RecoveryLimitJobs { get; init; } = 1000;

    /// <summary>Commands that wait at once until the journal has them; one more is answered <see cref="CommandReply.Unavailable"/>. At least 1.</summary>
    public int CommandLimit { get; init; } = 100_000;

    /// <summary>Bytes of the inputs that these commands hold.</summary>
    public long CommandLimitBytes { get; init; } = 256L << 20;

    public CallbackOptions Callbacks { get; init; } = new();

    public RetentionOptions Retention { get; init; } = new();

    public QuotaOptions Quota { get; init; } = new();

    /// <summary>How long a stop waits for running steps before it asks them to end.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The bounds of <see cref="DispatcherNode.Events"/>.</summary>
    public EventFeedOptions Feed { get; init; } = new();

    /// <summary>The times of the cluster.</summary>
    public ClusterOptions Cluster { get; init; } = new();

    /// <summary>Polls of external workers that wait at once.</summary>
    public int WorkerPollLimit { get; init; } = 10_000;
}
