using Dispatcher.Actors.Tests.Simulation;
using Dispatcher.Feed;

namespace Dispatcher.Actors.Tests.Feed;

/// <summary>
/// Whatever the order in which writers, the pump and readers run, however small the ring, whether writes are lost or land unseen, whether places of the journal leave
/// gaps, and though all leave now and then: no subscriber gets an event twice, misses one or sees another tenant's. A failure names its seed as the theory's argument.
/// </summary>
public sealed class EventFeedPropertyTests
{
    private const int Jobs = 9;

    public static IEnumerable<object[]> Seeds => Enumerable.Range(1, 300).Select(seed => new object[] { seed });

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Subscribers_SeeTheJournal_WhateverHappens(int seed)
    {
        var chance = new Random(seed);
        var options = new EventFeedOptions
        {
            RingLimitEvents = 4 << chance.Next(6),
            RingLimitBytes = chance.Next(3) == 0 ? 6_000 : 1_000_000,
            CatchUpLimitEvents = 5 + chance.Next(60),
            BatchLimitEvents = 1 + chance.Next(8),
            PageLimitEvents = 1 + chance.Next(8),
        };
        using var world = new FeedWorld(seed, options, freePlaces: seed % 2 == 0 ? 0 : 9);
        var followers = new List<FeedFollower>();
        for (var i = 0; i < 400; i++) Act(world, followers, chance);
        world.RunAll();
        foreach (var follower in followers) follower.CheckEnd();
        var faults = followers.SelectMany(follower => follower.Faults).ToList();
        Assert.True(faults.Count == 0, string.Join(Environment.NewLine, faults));
    }

    private static void Act(FeedWorld world, List<FeedFollower> followers, Random chance)
    {
        switch (chance.Next(20))
        {
            case < 6:
                world.Append(chance.Next(Jobs), 1 + chance.Next(5), Fate(chance));
                break;
            case 6 when followers.Count < 30:
                long? after = chance.Next(3) == 0 ? null : chance.NextInt64(world.LastOrdering + 1);
                followers.Add(world.Follow(AnyScope(chance, ref after), after, chance.Next(4)));
                break;
            case 7 when followers.Count > 0:
                var left = followers[chance.Next(followers.Count)];
                left.Leave();
                followers.Add(world.Follow(left.Scope, left.Position, chance.Next(4)));
                break;
            case 8 when chance.Next(4) == 0:
                followers.ForEach(follower => follower.Leave());
                break;
            case 8 when followers.Count > 0:
                followers[chance.Next(followers.Count)].Poke();
                break;
            default:
                for (var steps = chance.Next(30); steps > 0; steps--) world.RunOne();
                break;
        }
    }

    /// <summary>For a job the position is made one of its own.</summary>
    private static FeedScope AnyScope(Random chance, ref long? after)
    {
        var job = chance.Next(Jobs);
        var address = FeedWorld.Address(job);
        switch (chance.Next(3))
        {
            case 0:
                return new FeedScope.OfTenant(address.Tenant);
            case 1:
                return new FeedScope.OfWorkflow(address.Tenant, address.Workflow);
            default:
                after = 0;
                return FeedWorld.Job(job);
        }
    }

    private static AppendFate Fate(Random chance) => chance.Next(20) switch
    {
        0 => AppendFate.Lost,
        1 => AppendFate.LandsUnseen,
        _ => AppendFate.Lands,
    };
}
