using System.Collections.Immutable;
using Dispatcher.Jobs;

namespace Dispatcher.Store;

/// <summary>What operators ask of a cluster, and wish of it. A wish is in the store when it was taken, so it holds whoever coordinates.</summary>
public interface IClusterOperations
{
    /// <summary>Lives of nodes that have ended, the latest first, with what each of them left that nobody has taken yet.</summary>
    ValueTask<IReadOnlyList<GoneNode>> ReadGone(int limit);

    /// <summary>A shard is to belong to a node as long as that lives, whatever the balance.</summary>
    /// <returns>False when no such node lives, or there is no such shard.</returns>
    ValueTask<bool> Pin(int shard, long incarnation);

    /// <summary>Shards are to be spread evenly now; what was pinned is free again.</summary>
    ValueTask WishRebalance();

    /// <summary>The coordinator has seen to a wish, and so to those before it.</summary>
    ValueTask EndRebalance(long wish);

    /// <summary>
    /// Proves from the store alone that each job had one writer at a time and its events have no gap, and that everything belongs to somebody who lives. All of it as of
    /// one instant, beside nodes that write; the server sorts the journal once, and only faults are sent.
    /// </summary>
    /// <param name="unansweredAfter">A command that waits for longer is a fault, if its shard has an owner.</param>
    /// <param name="limit">The most faults that are named; all are counted.</param>
    /// <exception cref="StoreException">It cannot be read.</exception>
    ValueTask<ClusterCheck> CheckCluster(TimeSpan unansweredAfter, int limit, CancellationToken cancellation);
}

/// <summary>A life of a node that has ended.</summary>
/// <param name="State"><c>left</c> or <c>dead</c>.</param>
/// <param name="EndedAt">When it left or was declared dead; null for one from before that was written down.</param>
/// <param name="Had">Shards that it owned when it ended.</param>
/// <param name="Shards">Shards that it owned last and that nobody has taken since.</param>
/// <param name="Jobs">Open jobs of these shards; counted up to <see cref="CountLimit"/>.</param>
/// <param name="Commands">Commands for these jobs that wait for an answer.</param>
public sealed record GoneNode(
    long Incarnation, string Name, string Address, string Version, string State, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, int Had, int Shards, long Jobs, long Commands)
{
    public const int CountLimit = 100_000;
}

/// <summary>What a check of the cluster has found.</summary>
/// <param name="Outside">Events of processes that were no members of the cluster: imported jobs, and <c>dispatcher run</c>.</param>
/// <param name="Counts">How often each fault was found, by its stable word.</param>
/// <param name="Faults">The first of them.</param>
public sealed record ClusterCheck(long Jobs, long Events, int Shards, long Epochs, long Outside, ImmutableSortedDictionary<string, long> Counts, IReadOnlyList<ClusterFault> Faults)
{
    public bool IsSound => Counts.IsEmpty;
}

/// <param name="Problem">A stable word: <c>two-writers</c>, <c>sequence-gap</c>, <c>journal-order</c>, <c>dead-owner</c>, <c>epoch-differs</c>, <c>dead-coordinator</c>, <c>unanswered-command</c>.</param>
/// <param name="Detail">What is wrong, with the values.</param>
public sealed record ClusterFault(string Problem, int? Shard, JobId? Job, string Detail);
