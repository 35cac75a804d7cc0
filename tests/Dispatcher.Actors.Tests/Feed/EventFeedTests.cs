using System.Runtime.CompilerServices;
using Dispatcher.Actors.Tests.Simulation;
using Dispatcher.Actors.Tests.Store;
using Dispatcher.Feed;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Feed;

/// <summary>What subscribers are told, case by case.</summary>
public sealed class EventFeedTests : IDisposable
{
    private readonly FeedWorld _world = new(seed: 1, new EventFeedOptions { RingLimitEvents = 8, CatchUpLimitEvents = 5, ProgressLimitJobs = 4 });

    public void Dispose() => _world.Dispose();

    [Fact]
    public void QuietSubscriber_KeepsItsPlace_WhenTheNeighboursAreBusy()
    {
        var quiet = Follow(job: 0);
        var own = _world.Follow(FeedWorld.Job(0));
        _world.RunAll();
        var reads = _world.Store.Reads;
        for (var i = 0; i < 200; i++)
        {
            _world.Append(job: 1, events: 1);
            _world.RunAll();
        }

        _world.Append(job: 0, events: 1);
        _world.RunAll();

        Assert.Equal((1, 1, 0, reads), (quiet.Events.Count, own.Events.Count, quiet.Reloads, _world.Store.Reads));
        AssertNoFaults(quiet, own);
    }

    /// <summary>One connection of the hub follows a hundred things: without a bound of its own, one key would take the feed from everybody.</summary>
    [Fact]
    public void ATenant_IsRefusedMore_ThanIsItsShare_AndOthersAreNot()
    {
        using var world = new FeedWorld(seed: 1, new EventFeedOptions { SubscriptionLimit = 3, SubscriptionLimitPerTenant = 2 });
        var first = world.Run(() => world.Feed.Subscribe(FeedWorld.Job(0)));
        _ = world.Run(() => world.Feed.Subscribe(new FeedScope.OfTenant("tenant0")));

        Assert.Equal((2, true), Full(FeedWorld.Job(3)));
        _ = world.Run(() => world.Feed.Subscribe(FeedWorld.Job(1)));
        Assert.Equal((3, false), Full(FeedWorld.Job(2)));
        Assert.Equal((2, true), Full(FeedWorld.Job(0)));
        first.Dispose();
        _ = world.Run(() => world.Feed.Subscribe(FeedWorld.Job(3)));

        Assert.Equal(3, world.Feed.Subscriptions);

        (int Limit, bool IsOfTenant) Full(FeedScope scope)
        {
            var full = Assert.Throws<FeedFullException>(() => world.Run(() => world.Feed.Subscribe(scope)));
            return (full.Limit, full.IsOfTenant);
        }
    }

    [Fact]
    public void SlowSubscriber_IsToldToReload_WhenTheRingHasMovedOn()
    {
        var slow = Follow(job: 0);
        _world.RunAll();
        for (var i = 0; i < 10; i++) _world.Append(job: 0, events: 5);
        _world.RunAll();
        _world.Append(job: 0, events: 1);
        _world.RunAll();

        Assert.Equal((1, 1L), (slow.Reloads, _world.Feed.Reloads));
        Assert.Equal(51, slow.Events[^1].SequenceNr);
        AssertNoFaults(slow);
    }

    [Fact]
    public void Subscriber_IsGivenWhatLandedUnseen_WhenNothingFollows()
    {
        var tenant = Follow(job: 0);
        var job = _world.Follow(FeedWorld.Job(0));
        _world.RunAll();
        _world.Append(job: 0, events: 2, AppendFate.LandsUnseen);
        _world.RunAll();

        Assert.Equal((2, 2), (tenant.Events.Count, job.Events.Count));
        AssertNoFaults(tenant, job);
    }

    [Fact]
    public void Reader_IsToldOfTheEnd_WhenTheFeedClosesWhileItCatchesUp()
    {
        using var world = new FeedWorld(seed: 1, new EventFeedOptions { PageLimitEvents = 5 });
        for (var i = 0; i < 20; i++) world.Append(job: 0, events: 5);
        // It reads page after page of other tenants' events, and has nothing to give.
        var reader = world.Follow(Tenant(1), after: 0);
        while (world.Store.Reads < 3) world.RunOne();
        world.Close();

        Assert.True(reader.WasClosed);
        Assert.InRange(world.Store.Reads, 3, 4);
    }

    [Fact]
    public void Subscriber_BeginsWithAReload_WhenItsPositionLiesInTheFuture()
    {
        _world.Append(job: 0, events: 3);
        var tenant = _world.Follow(Tenant(0), after: 700);
        var job = _world.Follow(FeedWorld.Job(0), after: 700);
        _world.RunAll();

        Assert.Equal((1, 3L), (tenant.Reloads, tenant.Position));
        Assert.Equal((1, 3L), (job.Reloads, job.Position));
    }

    [Fact]
    public void Progress_IsTheNewest_WhenTheReaderWasSlow()
    {
        _world.Append(job: 0, events: 1);
        var tenant = Follow(job: 0);
        var job = _world.Follow(FeedWorld.Job(0));
        var other = Follow(job: 1);
        _world.RunAll();
        for (var percent = 1; percent <= 50; percent++) _world.Progress(job: 0, percent);
        _world.RunAll();
        _world.Progress(job: 0, 51);
        _world.RunAll();

        Assert.Equal([50d, 51d], tenant.Progress.Select(progress => progress.Percent));
        Assert.Equal([50d, 51d], job.Progress.Select(progress => progress.Percent));
        Assert.Empty(other.Progress);
        AssertNoFaults(tenant, job, other);
    }

    [Fact]
    public void Progress_IsNotTold_WhenItsStepHasEnded()
    {
        var tenant = Follow(job: 0);
        _world.RunAll();
        _world.Progress(job: 0, 99);
        // Told before anybody has run.
        _world.Feed.Committed([new CommittedAppend(StoreSamples.Id(0), FeedWorld.Address(0), 1, 1, [StoreSamples.Event("step.completed")])]);
        _world.RunAll();

        Assert.Equal((1, 0), (tenant.Events.Count, tenant.Progress.Count));
    }

    [Fact]
    public void Progress_OfTheJobLongestUnchanged_IsNotTold_WhenThereAreTooMany()
    {
        var tenants = Enumerable.Range(0, 3).Select(job => Follow(job)).ToList();
        _world.RunAll();
        for (var job = 0; job < 9; job++) _world.Progress(job, job);
        _world.RunAll();

        Assert.Equal([5d, 6d, 7d, 8d], tenants.SelectMany(tenant => tenant.Progress).Select(progress => progress.Percent).Order());
    }

    [Fact]
    public void Deletion_IsToldOnceAndMovesNothing_WhenSomebodyListens()
    {
        _world.Append(job: 0, events: 2);
        var tenant = Follow(job: 0);
        var other = Follow(job: 1);
        _world.RunAll();
        var before = tenant.Position;
        _world.Run(() =>
        {
            _world.Feed.Deleted(StoreSamples.Id(0), FeedWorld.Address(0), StoreSamples.Noon);
            return ValueTask.FromResult(0);
        });
        _world.RunAll();

        Assert.Equal([(FeedTypes.Deleted, false)], tenant.Events.Select(given => (given.Type, given.IsStored)));
        Assert.Equal(before, tenant.Position);
        Assert.Empty(other.Events);
        var later = _world.Follow(Tenant(0), after: before);
        _world.RunAll();
        Assert.Empty(later.Events);
    }

    [Fact]
    public void Types_AreChosen_WhenTheSubscriberSaysWhich()
    {
        Assert.True(FeedTypes.TryRead("job.completed, step.*", out var types, out _));
        var follower = _world.Follow(FeedWorld.Job(0), types: types);
        _world.Append(job: 0, events: 1, type: "job.created");
        _world.Append(job: 0, events: 1, type: "step.started");
        _world.Append(job: 0, events: 1, type: "job.completed");
        _world.RunAll();
        _world.Progress(job: 0, 5);
        _world.RunAll();

        Assert.Equal(["step.started", "job.completed"], follower.Events.Select(given => given.Type));
        Assert.Single(follower.Progress);
    }

    [Fact]
    public void Subscription_ComesBackWithNothing_WhenItIsPoked()
    {
        var follower = Follow(job: 0);
        _world.RunAll();
        follower.Poke();
        _world.RunAll();
        Assert.Equal((1, 0), (follower.EmptyBatches, follower.Events.Count));
    }

    [Fact]
    public void Subscriptions_AreClosedAndGone_WhenTheFeedIsDisposed()
    {
        var followers = Enumerable.Range(0, 5).Select(job => Follow(job)).ToList();
        _world.RunAll();
        Assert.Equal(5, _world.Feed.Subscriptions);
        followers[0].Leave();
        Assert.Equal(4, _world.Feed.Subscriptions);

        _world.Run(() =>
        {
            _world.Feed.Dispose();
            return ValueTask.FromResult(0);
        });
        _world.RunAll();

        Assert.All(followers.Skip(1), follower => Assert.True(follower.WasClosed));
    }

    [Fact]
    public void Memory_IsBounded_WhenNobodyReads()
    {
        var options = new EventFeedOptions { RingLimitEvents = 4096, RingLimitBytes = 4 * 1024 * 1024 };
        using var world = new FeedWorld(seed: 1, options);
        var idle = Enumerable.Range(0, 1000).Select(_ => world.Run(() => world.Feed.Subscribe(Tenant(0)))).ToList();
        var payloads = new List<WeakReference>();
        for (var i = 0; i < 100_000; i++) payloads.Add(Commit(world.Feed, i));

        GC.Collect();

        // Not the memory of the process, in which other tests run too. One may be in a register still.
        var alive = payloads.Count(payload => payload.IsAlive);
        Assert.InRange(alive, 1, (options.RingLimitBytes / 1024) + 1);
        Assert.Equal(world.Feed.Ring.Head - world.Feed.Ring.Tail, alive, tolerance: 1);
        Assert.Equal(1000, idle.Count(subscription => subscription.LagEvents > 0));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Commit(EventFeed feed, int number)
    {
        var payload = new byte[1024];
        feed.Committed([new CommittedAppend(StoreSamples.Id(0), FeedWorld.Address(0), number + 1, number + 1, [new EncodedEvent("step.started", StoreSamples.Noon, payload)])]);
        return new WeakReference(payload);
    }

    private static FeedScope.OfTenant Tenant(int job) => new(FeedWorld.Address(job).Tenant);

    private FeedFollower Follow(int job) => _world.Follow(Tenant(job));

    private static void AssertNoFaults(params FeedFollower[] followers)
    {
        foreach (var follower in followers) follower.CheckEnd();
        Assert.Empty(followers.SelectMany(follower => follower.Faults));
    }
}
