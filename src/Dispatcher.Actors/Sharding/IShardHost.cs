using Dispatcher.Store;

namespace Dispatcher.Sharding;

/// <summary>What runs the jobs of the shards that a node owns.</summary>
public interface IShardHost
{
    /// <summary>Shards are this node's from now on: their active and due jobs are to be loaded.</summary>
    void Begin(IReadOnlyList<OwnedShard> shards);

    /// <summary>Lets nothing of these shards be in memory any more; what runs gets some time to end by itself. Completes when that is so.</summary>
    Task HandOver(IReadOnlyCollection<int> shards, TimeSpan grace);

    /// <summary>This node coordinates from now on, or no longer (null).</summary>
    void Lead(long? term);

    /// <summary>A new view has come: on the session's thread, so only to tell others.</summary>
    void Seen(ClusterView view);

    /// <inheritdoc cref="IClusterListener.Hinted"/>
    void Hinted(ClusterHint hint);

    /// <summary>This node may not act any more: everything in it ends at once, without a word to the store.</summary>
    void StandDown(string cause);

    /// <summary>What the node tells of itself: a JSON object.</summary>
    string Facts();
}
