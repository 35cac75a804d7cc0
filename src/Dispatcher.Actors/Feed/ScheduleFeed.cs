using System.Collections.Concurrent;
using System.Threading.Channels;
using Dispatcher.Coordination.Scheduling;

namespace Dispatcher.Feed;

/// <summary>
/// What happens to schedules and their runs. Runs are jobs, so their events come from the journal and can be resumed; changes of schedules are told once, to those
/// who listen, at whatever node they happen.
/// </summary>
public sealed class ScheduleFeed
{
    private readonly ConcurrentDictionary<ScheduleSubscription, byte> _subscriptions = new();

    /// <summary>Begins to follow a tenant's schedules.</summary>
    /// <param name="after">A position of the tenant's stream; from now on if null.</param>
    /// <exception cref="FeedFullException">There are as many subscriptions, or the tenant has as many, as the options allow.</exception>
    public async ValueTask<ScheduleSubscription> Subscribe(EventFeed events, string tenant, long? after)
    {
        var subscription = new ScheduleSubscription(this, await events.Subscribe(new FeedScope.OfTenant(tenant), after, ScheduleSubscription.Types));
        _subscriptions.TryAdd(subscription, 0);
        return subscription;
    }

    /// <summary>Tells those who follow the notice's tenant.</summary>
    public void Tell(ScheduleNotice notice)
    {
        foreach (var (subscription, _) in _subscriptions)
        {
            if (subscription.Scope.Tenant == notice.Tenant) subscription.Tell(notice);
        }
    }

    internal void Remove(ScheduleSubscription subscription) => _subscriptions.TryRemove(subscription, out _);
}

/// <summary>One subscriber's place. It has one reader.</summary>
public sealed class ScheduleSubscription : IDisposable
{
    /// <summary>Changes that wait for a slow reader; further ones are left out, and it is told to reload.</summary>
    private const int WaitingLimit = 1000;

    private readonly ScheduleFeed _feed;
    private readonly FeedSubscription _runs;
    private readonly Channel<ScheduleNotice> _notices = Channel.CreateBounded<ScheduleNotice>(new BoundedChannelOptions(WaitingLimit) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private int _hasMissed;

    internal ScheduleSubscription(ScheduleFeed feed, FeedSubscription runs) => (_feed, _runs) = (feed, runs);

    /// <summary>The events of jobs from which those of runs are made.</summary>
    internal static FeedTypes Types { get; } = FeedTypes.TryRead("job.started,job.completed,job.failed,job.cancelled,job.rejected", out var types, out _) ? types : FeedTypes.All;

    /// <summary>The tenant's stream, from which the runs' events come.</summary>
    public FeedScope Scope => _runs.Scope;

    /// <summary>Everything of the journal up to here was given: to go on from later, written by <see cref="FeedScope.Write"/>.</summary>
    public long Position => _runs.Position;

    public async ValueTask<ScheduleBatch> Read(CancellationToken cancellation)
    {
        while (true)
        {
            var batch = await _runs.Read(cancellation);
            var events = new List<ScheduleEvent>();
            while (_notices.Reader.TryRead(out var notice)) events.Add(ScheduleEvent.Of(notice));
            foreach (var given in batch.Events) if (ScheduleEvent.Of(given) is { } found) events.Add(found);
            var isReload = batch.IsReload | Interlocked.Exchange(ref _hasMissed, 0) == 1;
            // What concerns no run is no news here.
            if (events.Count > 0 || isReload || batch.IsClosed || batch.IsEmpty) return new ScheduleBatch(events, isReload, batch.IsClosed);
        }
    }

    public void Poke() => _runs.Poke();

    public void Dispose()
    {
        _feed.Remove(this);
        _runs.Dispose();
    }

    internal void Tell(ScheduleNotice notice)
    {
        if (!_notices.Writer.TryWrite(notice)) Interlocked.Exchange(ref _hasMissed, 1);
        _runs.Poke();
    }
}

/// <summary>All empty: nothing is new, and it was poked.</summary>
public sealed record ScheduleBatch(IReadOnlyList<ScheduleEvent> Events, bool IsReload, bool IsClosed)
{
    public bool IsEmpty => this is { IsReload: false, IsClosed: false, Events.Count: 0 };
}
