using System.Collections.Immutable;
using Dispatcher.Sharding;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Sharding;

public sealed class ClusterPolicyTests
{
    private static readonly ClusterOptions Options = new();

    [Fact]
    public void ANode_TakesTheLead_WhenNobodyHasIt() => Assert.True(Next(View(leader: null, Node(1), Node(2)), me: 2).TakesLead);

    [Fact]
    public void TheCoordinator_BuriesWhoWasSilentForTooLong() => Assert.Equal<long>([2], Next(View(1, Node(1), Node(2, silentMs: 5001), Node(3, silentMs: 4999)), me: 1).Dead);

    [Fact]
    public void TheCoordinator_BuriesWhoIsOutOfItsSession_OnceTheGraceIsOver()
    {
        var view = View(1, Node(1), Node(2, silentMs: 1251, inSession: false), Node(3, silentMs: 1000, inSession: false));

        var duty = Next(view, me: 1);

        Assert.Equal<long>([2], duty.Dead);
        Assert.Equal(251, duty.LooksAgainIn!.Value.TotalMilliseconds);
    }

    [Fact]
    public void Others_BuryNobodyButTheCoordinator()
    {
        var view = View(1, Node(1, silentMs: 6000), Node(2), Node(3, silentMs: 6000));

        Assert.Equal<long>([1], Next(view, me: 2).Dead);
    }

    [Fact]
    public void Nobody_IsBuried_ByANodeWhoseOwnSessionIsNew()
    {
        var view = View(1, Node(1), Node(2, silentMs: 60_000, inSession: false));

        var duty = ClusterPolicy.Next(view, 1, Options, mayJudge: false);

        Assert.Empty(duty.Dead);
        Assert.Null(duty.LooksAgainIn);
    }

    [Fact]
    public void Shards_AreAssigned_ByTheCoordinatorAlone()
    {
        var view = View(1, Node(1), Node(2)) with { Owners = [null, null], Epochs = [0, 0], Targets = [null, null] };

        Assert.Equal(2, Next(view, me: 1).Moves.Count);
        Assert.Empty(Next(view, me: 2).Moves);
    }

    [Fact]
    public void ANodeThatWantsToLeave_GetsNothingAndLosesAll()
    {
        var view = View(1, Node(1), Node(2) with { Wish = NodeWish.Leave }) with { Owners = [2, 1], Epochs = [1, 1], Targets = [2, 1] };

        Assert.Equal([new ShardMove(0, 1)], Next(view, me: 1).Moves);
    }

    [Fact]
    public void AShard_IsAcquired_OnceItBelongsToNobody()
    {
        var view = View(1, Node(1), Node(2)) with { Owners = [1, null], Epochs = [1, 1], Targets = [2, 1] };

        Assert.False(Next(view, me: 2).Acquires);
        Assert.True(Next(view, me: 1).Acquires);
        Assert.Equal([0], ClusterPolicy.ToLeave(view, me: 1));
    }

    [Fact]
    public void AWishForEvenness_IsSeenTo_WithinTheLimitToo()
    {
        var view = View(1, Node(1), Node(2)) with { Owners = [1, 1, 1, 2], Epochs = [1, 1, 1, 1], Targets = [1, 1, 1, 2] };

        Assert.Empty(Next(view, me: 1).Moves);
        var duty = Next(view with { Rebalance = 7 }, me: 1);
        Assert.Equal([new ShardMove(2, 2)], duty.Moves);
        Assert.Equal(7, duty.EndsRebalance);
        Assert.Null(Next(view with { Rebalance = 7 }, me: 2).EndsRebalance);
    }

    [Fact]
    public void APinnedShard_IsAssigned_UnlessItsNodeLeaves()
    {
        var view = View(1, Node(1), Node(2)) with { Owners = [1, 2], Epochs = [1, 1], Targets = [1, 2], Pins = [new ShardMove(0, 2)] };

        Assert.Equal([new ShardMove(0, 2)], Next(view, me: 1).Moves.Take(1));
        Assert.DoesNotContain(Next(view with { Nodes = [Node(1), Node(2) with { Wish = NodeWish.Leave }] }, me: 1).Moves, move => move.Target == 2);
    }

    private static ClusterDuty Next(ClusterView view, long me) => ClusterPolicy.Next(view, me, Options, mayJudge: true);

    private static ClusterView View(long? leader, params ImmutableArray<ClusterNode> nodes) => new() { Leader = leader, LeaderEpoch = 1, Nodes = nodes };

    private static ClusterNode Node(long incarnation, double silentMs = 10, bool inSession = true) =>
        new() { Incarnation = incarnation, Name = $"node-{incarnation}", SilentMs = silentMs, InSession = inSession };
}
