using Dispatcher.Kernel;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Sharding;

/// <summary>
/// A node's part in the cluster: it looks at each new view and does what follows (<see cref="ClusterPolicy"/>), as a member and, if it is, as the coordinator. Every step
/// is fenced in the database and harmless if it comes late; what fails is done again after the next view.
/// </summary>
internal sealed partial class ClusterMember(IClusterStore store, ClusterLine line, ShardTable table, IShardHost host, ClusterOptions options, ILogger logger) : Actor
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan UpkeepInterval = TimeSpan.FromHours(1);

    private long _actedAt = long.MinValue;
    private long? _upkeptAt;
    private long? _term;
    private TimerQueue.Entry? _judgement;

    /// <summary>For nodes that leave: how long running steps may take.</summary>
    private TimeSpan _grace = options.HandOverGrace;

    protected internal override ILogger Logger => logger;

    protected internal override ValueTask Started()
    {
        line.Attach(Self);
        line.LookSoon();
        return ValueTask.CompletedTask;
    }

    protected internal override async ValueTask Receive(object message)
    {
        try
        {
            switch (message)
            {
                case HandedOver handedOver:
                    await Release(handedOver.Shards);
                    break;
                case TakeTime time:
                    _grace = time.Grace;
                    break;
                case BeatNow:
                    line.BeatSoon();
                    break;
                default:
                    line.LookTaken();
                    // A view that was asked for before this node's last own change does not know of it.
                    if (line.View is { } view && line.ViewStartedAt > _actedAt) await Follow(view);
                    break;
            }
        }
        catch (StoreException failure)
        {
            LogNotDone(logger, failure.Message);
            if (message is HandedOver) Self.System.Timers.Schedule(RetryDelay, Self, message);
        }
    }

    protected internal override void Stopped() => _judgement?.Dispose();

    private long Now => Self.System.Time.GetTimestamp();

    private async ValueTask Follow(ClusterView view)
    {
        NoteTerm(view);
        var duty = ClusterPolicy.Next(view, store.Incarnation, options, line.UnbrokenFor > options.CrashGrace);
        if (duty.TakesLead && await store.TakeLead() is { } term) LogLeads(logger, term);
        foreach (var dead in duty.Dead) await Bury(view, dead);
        await Assign(view, duty);
        if (_term is not null) await Upkeep();
        LookAgainIn(duty.LooksAgainIn);
        Adopt(view);
        Leave(ClusterPolicy.ToLeave(view, store.Incarnation));
        if (duty.Acquires) Begin(await store.Acquire());
    }

    private async ValueTask Assign(ClusterView view, ClusterDuty duty)
    {
        if (duty.Moves.Count > 0)
        {
            if (!await store.Assign(view.LeaderEpoch, duty.Moves)) return;
            LogAssigned(logger, duty.Moves.Count);
        }

        if (duty.EndsRebalance is { } wish) await store.EndRebalance(wish);
    }

    private void NoteTerm(ClusterView view)
    {
        long? term = view.Leader == store.Incarnation ? view.LeaderEpoch : null;
        if (term == _term) return;
        _term = term;
        host.Lead(term);
    }

    private async ValueTask Upkeep()
    {
        if (_upkeptAt is { } last && Self.System.Time.GetElapsedTime(last) < UpkeepInterval) return;
        _upkeptAt = Now;
        await store.Upkeep();
    }

    private async ValueTask Bury(ClusterView view, long dead)
    {
        if (await store.DeclareDead(dead, options.Ttl, options.CrashGrace)) LogDead(logger, view.Find(dead)?.Name, dead);
    }

    private async ValueTask Release(IReadOnlyCollection<int> shards)
    {
        await store.Release(shards);
        table.Forget(shards);
        _actedAt = Now;
        LogReleased(logger, shards.Count);
    }

    private void LookAgainIn(TimeSpan? wait)
    {
        _judgement?.Dispose();
        _judgement = wait is { } time ? Self.System.Timers.Schedule(time, Self, BeatNow.Instance) : null;
    }

    /// <summary>Shards that the database calls this node's, though the answer to the acquisition was lost.</summary>
    private void Adopt(ClusterView view) => Begin(
        [.. Enumerable.Range(0, view.Owners.Length).Where(shard => view.Owners[shard] == store.Incarnation && table.StateOf(shard) == 0).Select(shard => new OwnedShard(shard, view.Epochs[shard]))]);

    private void Begin(IReadOnlyList<OwnedShard> shards)
    {
        if (shards.Count == 0) return;
        _actedAt = Now;
        table.Own(shards);
        host.Begin(shards);
        LogBegun(logger, shards.Count);
    }

    private void Leave(IReadOnlyList<int> shards)
    {
        var leaving = shards.Where(shard => table.StateOf(shard) > 0).ToList();
        if (leaving.Count == 0) return;
        table.Leave(leaving);
        foreach (var shard in leaving) _ = HandOver(shard);
    }

    private async Task HandOver(int shard)
    {
        await host.HandOver([shard], _grace);
        Self.Tell(new HandedOver([shard]));
    }

    /// <summary>Nothing of these shards is in memory any more.</summary>
    private sealed record HandedOver(IReadOnlyCollection<int> Shards);

    /// <summary>From now on steps of shards that move may take this long to end.</summary>
    internal sealed record TakeTime(TimeSpan Grace);

    /// <summary>Somebody's grace is over.</summary>
    internal sealed class BeatNow
    {
        public static BeatNow Instance { get; } = new();
    }

    [LoggerMessage(600, LogLevel.Information, "This node coordinates the cluster: term {Term}.")]
    private static partial void LogLeads(ILogger logger, long term);

    [LoggerMessage(601, LogLevel.Warning, "Node {Name} (incarnation {Incarnation}) is dead: it was silent for too long. Its shards are given to others.")]
    private static partial void LogDead(ILogger logger, string? name, long incarnation);

    [LoggerMessage(602, LogLevel.Information, "{Shards} shards are given new owners.")]
    private static partial void LogAssigned(ILogger logger, int shards);

    [LoggerMessage(603, LogLevel.Information, "This node owns {Shards} more shards.")]
    private static partial void LogBegun(ILogger logger, int shards);

    [LoggerMessage(605, LogLevel.Warning, "A duty of the cluster was not done and is done again: {Cause}")]
    private static partial void LogNotDone(ILogger logger, string cause);

    [LoggerMessage(604, LogLevel.Debug, "This node has handed over {Shards} shards.")]
    private static partial void LogReleased(ILogger logger, int shards);
}
