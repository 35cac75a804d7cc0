using Dispatcher.Sharding;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Sharding;

public sealed class RebalancePlanTests
{
    [Fact]
    public void Shards_AreSpreadEvenly_WhenNobodyHasAny()
    {
        var targets = Apply(new long?[128], [1, 2, 3], limit: 2);

        Assert.Equal([43, 43, 42], CountsOf(targets, [1, 2, 3]).OrderDescending());
    }

    [Fact]
    public void Nothing_Moves_WhenAllIsEven() => Assert.Empty(RebalancePlan.Of(Apply(new long?[128], [1, 2, 3], 2), [1, 2, 3], 1));

    [Fact]
    public void OnlyTheShardsOfTheDead_Move_WhenANodeIsGone()
    {
        var before = Apply(new long?[128], [1, 2, 3], 2);

        var moves = RebalancePlan.Of(before, [1, 3], 2);

        Assert.All(moves, move => Assert.Equal(2, before[move.Shard]));
        Assert.Equal(before.Count(target => target == 2), moves.Count);
        Assert.Equal([64, 64], CountsOf(Apply(before, [1, 3], 2), [1, 3]));
    }

    [Fact]
    public void ANewNode_GetsItsShareAndNothingElseMoves()
    {
        var before = Apply(new long?[128], [1, 2], 2);

        var moves = RebalancePlan.Of(before, [1, 2, 3], 2);

        Assert.All(moves, move => Assert.Equal(3, move.Target));
        Assert.InRange(moves.Count, 42, 43);
        Assert.Equal(moves.Count, moves.Select(move => move.Shard).Distinct().Count());
    }

    [Fact]
    public void ALittleUnevenness_Stays_WithinTheLimit()
    {
        long?[] targets = [1, 1, 1, 1, 2, 2, 3, 3, 3];

        Assert.Empty(RebalancePlan.Of(targets, [1, 2, 3], imbalanceLimit: 2));
        Assert.Equal([new ShardMove(3, 2)], RebalancePlan.Of(targets, [1, 2, 3], imbalanceLimit: 1));
    }

    [Fact]
    public void Nobody_GetsAnything_WhenNobodyIsThere() => Assert.Empty(RebalancePlan.Of(new long?[8], [], 2));

    [Fact]
    public void AnyChangeOfNodes_EndsEvenAndMovesNoMoreThanItMust()
    {
        var random = new Random(7);
        var targets = new long?[128];
        for (var round = 0; round < 500; round++)
        {
            var nodes = Enumerable.Range(1, 9).Select(node => (long)node).Where(_ => random.Next(2) == 0).ToList();
            if (nodes.Count == 0) continue;
            var moves = RebalancePlan.Of(targets, nodes, 1);
            var after = targets.ToArray();
            foreach (var move in moves) after[move.Shard] = move.Target;
            var counts = CountsOf(after, nodes).ToList();
            Assert.True(counts.Max() - counts.Min() <= 1, $"Round {round}: {string.Join(", ", counts)}");
            var most = (128 + nodes.Count - 1) / nodes.Count;
            var homeless = targets.Count(target => target is null || !nodes.Contains(target.Value));
            var aboveShare = nodes.Sum(node => Math.Max(0, targets.Count(target => target == node) - most));
            Assert.True(moves.Count >= homeless && moves.Count <= homeless + aboveShare + nodes.Count, $"Round {round}: {moves.Count} moves, {homeless} homeless, {aboveShare} above");
            targets = after;
        }
    }

    [Fact]
    public void APinnedShard_GoesWhereItIsPinned_AndStaysThereWhateverTheBalance()
    {
        long?[] targets = [1, 1, 1, 2, 2, 2];
        var pins = new Dictionary<int, long> { [3] = 1, [4] = 1, [5] = 1 };

        var moves = RebalancePlan.Of(targets, [1, 2], imbalanceLimit: 1, pins);
        foreach (var move in moves) targets[move.Shard] = move.Target;

        Assert.All(pins, pin => Assert.Equal(pin.Value, targets[pin.Key]));
        Assert.Equal([3, 3], CountsOf(targets, [1, 2]));
        Assert.Empty(RebalancePlan.Of(targets, [1, 2], imbalanceLimit: 1, pins));
    }

    [Fact]
    public void Pins_MayMakeItUneven_AndNothingMovesForThat()
    {
        long?[] targets = [1, 1, 1, 1, 1, 2];
        var pins = new Dictionary<int, long> { [0] = 1, [1] = 1, [2] = 1, [3] = 1, [4] = 1 };

        Assert.Empty(RebalancePlan.Of(targets, [1, 2], imbalanceLimit: 1, pins));
    }

    [Fact]
    public void APin_MeansNothing_WhenItsNodeIsGone() =>
        Assert.Empty(RebalancePlan.Of([1, 2], [1, 2], imbalanceLimit: 1, new Dictionary<int, long> { [0] = 9 }));

    private static IEnumerable<int> CountsOf(IReadOnlyList<long?> targets, IEnumerable<long> nodes) => nodes.Select(node => targets.Count(target => target == node));

    private static long?[] Apply(long?[] targets, long[] nodes, int limit)
    {
        var after = targets.ToArray();
        foreach (var move in RebalancePlan.Of(targets, nodes, limit)) after[move.Shard] = move.Target;
        return after;
    }
}
