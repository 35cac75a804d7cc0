namespace Dispatcher.Sharding;

/// <summary>The times of a cluster; each setting is explained in hocon/reference.conf. All nodes should have the same.</summary>
public sealed record ClusterOptions
{
    /// <summary>From one sign of life to the next.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A node that was silent for longer is dead to the others.</summary>
    public TimeSpan Ttl { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>By how much earlier a node stops trusting itself than the others stop trusting it.</summary>
    public TimeSpan TrustMargin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a node that is out of its session may be silent: it has crashed if it does not come back within this.</summary>
    public TimeSpan CrashGrace { get; init; } = TimeSpan.FromMilliseconds(1250);

    /// <summary>How long running steps of a shard that moves may take to end by themselves.</summary>
    public TimeSpan HandOverGrace { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long the giver of a command for another node's job waits for its outcome; then it is told that the command is durable, and no more.</summary>
    public TimeSpan CommandWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>By how many shards two nodes may differ before shards are moved.</summary>
    public int ImbalanceLimit { get; init; } = 2;

    /// <summary>How long a node trusts its ownership after a sign of life.</summary>
    public TimeSpan TrustFor => Ttl - TrustMargin;
}
