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
    /// <param name="pins">Shards that stay with a node, whatever the balance; they count for it.</param>
    public static IReadOnlyList<ShardMove> Of(IReadOnlyList<long?> targets, IReadOnlyCollection<long> nodes, int imbalanceLimit, IReadOnlyDictionary<int, long>? pins = null)
    {
        if (nodes.Count == 0) return [];
        var held = nodes.Order().ToDictionary(node => node, _ => new Holding());
        var moves = new List<ShardMove>();
        var homeless = new List<int>();
        for (var shard = 0; shard < targets.Count; shard++)
        {
            if (pins is not null && pins.TryGetValue(shard, out var pin) && held.TryGetValue(pin, out var pinned))
            {
                pinned.Pinned++;
                if (targets[shard] != pin) moves.Add(new ShardMove(shard, pin));
            }
            else if (targets[shard] is { } target && held.TryGetValue(target, out var holding)) holding.Movable.Push(shard);
            else homeless.Add(shard);
        }

        foreach (var shard in homeless) Give(shard, held, moves);
        if (held.Values.Max(holding => holding.Count) - Least(held) <= imbalanceLimit) return moves;
        var moved = moves.Select(move => move.Shard).ToHashSet();
        while (Richest(held) is { } rich && rich.Count - Least(held) > 1)
        {
            var shard = rich.Movable.Pop();
            if (!moved.Add(shard)) moves.RemoveAll(move => move.Shard == shard);
            Give(shard, held, moves);
        }

        return moves;
    }

    private static void Give(int shard, Dictionary<long, Holding> held, List<ShardMove> moves)
    {
        var (node, holding) = held.MinBy(pair => (pair.Value.Count, pair.Key));
        holding.Movable.Push(shard);
        moves.Add(new ShardMove(shard, node));
    }

    private static int Least(Dictionary<long, Holding> held) => held.Values.Min(holding => holding.Count);

    /// <summary>Who has most of those that have any to give.</summary>
    private static Holding? Richest(Dictionary<long, Holding> held) =>
        held.Where(pair => pair.Value.Movable.Count > 0).OrderByDescending(pair => pair.Value.Count).ThenBy(pair => pair.Key).Select(pair => pair.Value).FirstOrDefault();

    /// <summary>What a node has, or is to have.</summary>
    private sealed class Holding
    {
        public int Pinned { get; set; }

        public Stack<int> Movable { get; } = [];

        public int Count => Pinned + Movable.Count;
    }
}
