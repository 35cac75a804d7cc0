using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Sharding;

/// <summary>Which jobs are this node's, as far as it knows: read on every delivery, so without a lock. The database's fence is what holds if it is wrong.</summary>
/// <remarks>A shard is nobody's here (0), owned (its epoch), or leaving (its epoch, negative): what leaves takes no message any more and starts nothing.</remarks>
public sealed class ShardTable
{
    private readonly long[] _epochs;
    private readonly Lock _changing = new();
    private ShardSet? _owned;
    private bool _isClosed;

    /// <summary>Of a cluster, with nothing owned.</summary>
    public ShardTable(int shardCount)
    {
        _epochs = new long[shardCount];
        _owned = new ShardSet(shardCount, []);
    }

    private ShardTable(long epoch) => _epochs = [epoch];

    /// <summary>Of a node that is alone: every job is its own, in every life with a higher epoch.</summary>
    public static ShardTable OfOneNode(long epoch) => new(epoch);

    /// <summary>The shards that are owned now; null for a node that is alone.</summary>
    public ShardSet? Owned => Volatile.Read(ref _owned);

    /// <summary>True when the job is this node's and does not leave.</summary>
    public bool IsMine(JobId id) => Volatile.Read(ref _epochs[IndexOf(id)]) > 0;

    /// <summary>The fencing token of what runs for the job: grows with each owner.</summary>
    public long EpochOf(JobId id) => Math.Abs(Volatile.Read(ref _epochs[IndexOf(id)]));

    /// <summary>The epoch of a shard: 0 for nobody's, negative while it leaves.</summary>
    public long StateOf(int shard) => Volatile.Read(ref _epochs[shard]);

    public void Own(IEnumerable<OwnedShard> shards) => Change(() =>
    {
        if (_isClosed) return;
        foreach (var (shard, epoch) in shards) Volatile.Write(ref _epochs[shard], epoch);
    });

    public void Leave(IEnumerable<int> shards) => Change(() =>
    {
        foreach (var shard in shards) Volatile.Write(ref _epochs[shard], -Math.Abs(_epochs[shard]));
    });

    public void Forget(IEnumerable<int> shards) => Change(() =>
    {
        foreach (var shard in shards) Volatile.Write(ref _epochs[shard], 0);
    });

    /// <summary>Nothing is this node's, now and ever.</summary>
    public void Close() => Change(() =>
    {
        _isClosed = true;
        Array.Clear(_epochs);
    });

    private int IndexOf(JobId id) => _epochs.Length == 1 ? 0 : ShardSet.ShardOf(id, _epochs.Length);

    private void Change(Action change)
    {
        lock (_changing)
        {
            change();
            if (_owned is null) return;
            Volatile.Write(ref _owned, new ShardSet(_epochs.Length, Enumerable.Range(0, _epochs.Length).Where(shard => _epochs[shard] > 0)));
        }
    }
}
