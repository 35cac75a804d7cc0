namespace Dispatcher.Feed;

/// <summary>What one reading gives a subscriber: events, or progress, or a word about the subscription itself. All empty: nothing is new, and it was poked.</summary>
public sealed record FeedBatch
{
    /// <summary>In their order, each of them once.</summary>
    public IReadOnlyList<FeedEvent> Events { get; init; } = [];

    /// <summary>The newest of each job; comes only when no event waits.</summary>
    public IReadOnlyList<FeedProgress> Progress { get; init; } = [];

    /// <summary>True when too much was missed: read the lists anew; the feed goes on after <see cref="FeedSubscription.Position"/>.</summary>
    public bool IsReload { get; init; }

    /// <summary>True when the node stops or the subscription was disposed: nothing follows.</summary>
    public bool IsClosed { get; init; }

    /// <summary>True when nothing is new.</summary>
    public bool IsEmpty => this is { IsReload: false, IsClosed: false, Events.Count: 0, Progress.Count: 0 };

    internal static FeedBatch Nothing { get; } = new();

    internal static FeedBatch Closed { get; } = new() { IsClosed = true };

    internal static FeedBatch Reload { get; } = new() { IsReload = true };
}
