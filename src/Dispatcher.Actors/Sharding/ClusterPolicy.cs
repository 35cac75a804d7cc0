using System.Collections.Immutable;
using Dispatcher.Store;

namespace Dispatcher.Sharding;

/// <summary>What a node does about the cluster as it sees it: a pure function.</summary>
public static class ClusterPolicy
{
    /// <param name="view">The cluster.</param>
    /// <param name="me">This node.</param>
    /// <param name="mayJudge">False while this node's own session is too young to tell who is gone: after a restart of the database all are out of theirs.</param>
    public static ClusterDuty Next(ClusterView view, long me, ClusterOptions options, bool mayJudge)
    {
        var leads = view.Leader == me;
        var dead = mayJudge ? view.Nodes.Where(node => node.Incarnation != me && (leads || node.Incarnation == view.Leader) && IsDead(node, options)).Select(node => node.Incarnation) : [];
        return new ClusterDuty
        {
            TakesLead = view.Leader is null,
            Dead = [.. dead],
            LooksAgainIn = mayJudge ? NextJudgement(view, me, options) : null,
            Moves = leads ? MovesOf(view, options) : [],
            EndsRebalance = leads ? view.Rebalance : null,
            Acquires = view.Targets.Where((target, shard) => target == me && view.Owners[shard] is null).Any(),
        };
    }

    /// <summary>Shards of this node that are meant for others.</summary>
    public static IReadOnlyList<int> ToLeave(ClusterView view, long me) =>
        [.. Enumerable.Range(0, view.Owners.Length).Where(shard => view.Owners[shard] == me && view.Targets[shard] is { } target && target != me)];

    /// <summary>True when others may take the node for dead.</summary>
    public static bool IsDead(ClusterNode node, ClusterOptions options) =>
        node.SilentMs > options.Ttl.TotalMilliseconds || (!node.InSession && node.SilentMs > options.CrashGrace.TotalMilliseconds);

    private static IReadOnlyList<ShardMove> MovesOf(ClusterView view, ClusterOptions options)
    {
        var able = view.Nodes.Where(node => node.Wish == NodeWish.None).Select(node => node.Incarnation).ToList();
        var pins = view.Pins.ToDictionary(pin => pin.Shard, pin => pin.Target);
        return RebalancePlan.Of(view.Targets, able, view.Rebalance is null ? options.ImbalanceLimit : 1, pins);
    }

    /// <summary>A node that is out of its session now is dead when its grace is over: look again right then.</summary>
    private static TimeSpan? NextJudgement(ClusterView view, long me, ClusterOptions options)
    {
        var waits = view.Nodes
            .Where(node => node.Incarnation != me && !node.InSession && !IsDead(node, options))
            .Select(node => TimeSpan.FromMilliseconds(options.CrashGrace.TotalMilliseconds - node.SilentMs + 1));
        return waits.Select(wait => (TimeSpan?)wait).Min();
    }
}

/// <summary>What is to be done now.</summary>
public sealed record ClusterDuty
{
    /// <summary>There is no coordinator.</summary>
    public bool TakesLead { get; init; }

    /// <summary>Nodes to be declared dead.</summary>
    public ImmutableArray<long> Dead { get; init; } = [];

    /// <summary>When somebody's grace is over, if somebody is out of its session.</summary>
    public TimeSpan? LooksAgainIn { get; init; }

    /// <summary>For the coordinator: who is to have which shard.</summary>
    public IReadOnlyList<ShardMove> Moves { get; init; } = [];

    /// <summary>For the coordinator: an operator's wish for evenness, to which the moves see.</summary>
    public long? EndsRebalance { get; init; }

    /// <summary>Shards that are meant for this node belong to nobody.</summary>
    public bool Acquires { get; init; }
}
