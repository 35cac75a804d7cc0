using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Dispatcher.Feed;

/// <summary>Who listens to what. The pump finds those whom an event concerns without looking at the others.</summary>
internal sealed class FeedTopics
{
    private readonly ConcurrentDictionary<FeedTopic, ImmutableArray<FeedSubscription>> _topics = new();
    private readonly Dictionary<string, int> _countByTenant = new(StringComparer.Ordinal);
    private readonly Lock _counting = new();
    private long _markedUpTo;
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Everybody whom an event up to this place of the journal concerns has been marked.</summary>
    public long MarkedUpTo
    {
        get => Volatile.Read(ref _markedUpTo);
        set => Volatile.Write(ref _markedUpTo, value);
    }

    public IEnumerable<FeedSubscription> All => _topics.Values.SelectMany(subscriptions => subscriptions);

    /// <summary>Those of one topic now; empty if there are none.</summary>
    public ImmutableArray<FeedSubscription> Of(FeedTopic topic) => _topics.TryGetValue(topic, out var found) ? found : [];

    /// <exception cref="FeedFullException">The node, or the tenant, has as many as it may.</exception>
    public void Add(FeedSubscription subscription, EventFeedOptions limits)
    {
        Enter(subscription.Scope.Tenant, limits);
        _topics.AddOrUpdate(
            subscription.Scope.Topic, static (_, added) => [added], static (_, others, added) => others.Add(added), subscription);
    }

    public void Remove(FeedSubscription subscription)
    {
        var topic = subscription.Scope.Topic;
        while (_topics.TryGetValue(topic, out var others))
        {
            var left = others.Remove(subscription);
            // Equal arrays are one array, so nothing that came in between is lost.
            var isDone = left.IsEmpty
                ? _topics.TryRemove(KeyValuePair.Create(topic, others))
                : _topics.TryUpdate(topic, left, others);
            if (isDone) break;
        }

        Leave(subscription.Scope.Tenant);
    }

    private void Enter(string tenant, EventFeedOptions limits)
    {
        lock (_counting)
        {
            var own = _countByTenant.GetValueOrDefault(tenant);
            if (own >= limits.SubscriptionLimitPerTenant) throw new FeedFullException(limits.SubscriptionLimitPerTenant, isOfTenant: true);
            if (_count >= limits.SubscriptionLimit) throw new FeedFullException(limits.SubscriptionLimit, isOfTenant: false);
            _countByTenant[tenant] = own + 1;
            Interlocked.Increment(ref _count);
        }
    }

    private void Leave(string tenant)
    {
        lock (_counting)
        {
            if (--_countByTenant[tenant] == 0) _countByTenant.Remove(tenant);
            Interlocked.Decrement(ref _count);
        }
    }
}
