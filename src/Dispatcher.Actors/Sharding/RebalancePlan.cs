using Dispatcher.Store;

namespace Dispatcher.Sharding;

/// <summary>Which shards move where: a pure function of who is meant to have them and who can. No move when nothing is wrong.</summary>
public static class RebalancePlan
{
    /// <summary>
    /// Shards without a usable target go to those who have the fewest. If two nodes then differ by more than the limit, the fewest moves that make all even are added:
    /// whoever has most gives, and nobody both gives and gets.
    /// </summary>
    /// <param name="targets">Who is meant to have each shard.</param>
    /// <param name="nodes">Who may have shards.</param>
    /// <param name="imbalanceLimit">At least 1.</param>
    public static IReadOnlyList<ShardMove> Of(IReadOnlyList<long?> targets, IReadOnlyCollection<long> nodes, int imbalanceLimit)
    {
        if (nodes.Count == 0) return [];
        var held = nodes.Order().ToDictionary(node => node, _ => new Stack<int>());
        var moves = new List<ShardMove>();
        var homeless = new List<int>();
        for (var shard = 0; shard < targets.Count; shard++)
        {
            if (targets[shard] is { } target && held.TryGetValue(target, out var shards)) shards.Push(shard);
            else homeless.Add(shard);
        }

        foreach (var shard in homeless) Give(shard, held, moves);
        if (held.Values.Max(shards => shards.Count) - held.Values.Min(shards => shards.Count) <= imbalanceLimit) return moves;
        var moved = moves.Select(move => move.Shard).ToHashSet();
        while (Richest(held) is var rich && rich.Value.Count - held.Values.Min(shards => shards.Count) > 1)
        {
            var shard = rich.Value.Pop();
            if (!moved.Add(shard)) moves.RemoveAll(move => move.Shard == shard);
            Give(shard, held, moves);
        }

        return moves;
    }

    private static void Give(int shard, Dictionary<long, Stack<int>> held, List<ShardMove> moves)
    {
        var (node, shards) = held.MinBy(pair => (pair.Value.Count, pair.Key));
        shards.Push(shard);
        moves.Add(new ShardMove(shard, node));
    }

    private static KeyValuePair<long, Stack<int>> Richest(Dictionary<long, Stack<int>> held) => held.MaxBy(pair => (pair.Value.Count, -pair.Key));
}
