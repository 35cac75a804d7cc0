using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Dispatcher.Feed;

/// <summary>Who listens to what. The pump finds those whom an event concerns without looking at the others.</summary>
internal sealed class FeedTopics
{
    private readonly ConcurrentDictionary<FeedTopic, ImmutableArray<FeedSubscription>> _topics = new();
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

    /// <summary>False if there are as many as the limit already.</summary>
    public bool TryAdd(FeedSubscription subscription, int limit)
    {
        if (Interlocked.Increment(ref _count) > limit)
        {
            Interlocked.Decrement(ref _count);
            return false;
        }

        _topics.AddOrUpdate(
            subscription.Scope.Topic, static (_, added) => [added], static (_, others, added) => others.Add(added), subscription);
        return true;
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

        Interlocked.Decrement(ref _count);
    }
}
