namespace Dispatcher.Feed;

/// <summary>The bounds of the live feed of one node.</summary>
public sealed record EventFeedOptions
{
    /// <summary>Events kept in memory for all subscribers together, rounded up to a power of two; an older one is read from the journal.</summary>
    public int RingLimitEvents { get; init; } = 65_536;

    /// <summary>Bytes of events kept in memory, with room for their rendered form; beyond it the oldest leave early.</summary>
    public long RingLimitBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// Events of the journal, of all tenants, that a subscriber of a tenant or workflow may have missed and still be given; one that missed more is told to read the
    /// lists anew. A subscriber of one job is always given all.
    /// </summary>
    public int CatchUpLimitEvents { get; init; } = 10_000;

    /// <summary>Events in one batch for a subscriber.</summary>
    public int BatchLimitEvents { get; init; } = 256;

    /// <summary>Events read from the journal at once; an event has at most a few hundred KiB.</summary>
    public int PageLimitEvents { get; init; } = 100;

    /// <summary>Jobs whose newest progress is kept; beyond it the progress that is longest unchanged is not told any more.</summary>
    public int ProgressLimitJobs { get; init; } = 1_024;

    /// <summary>Subscriptions at one time; one more is refused.</summary>
    public int SubscriptionLimit { get; init; } = 20_000;

    /// <summary>Those of one tenant, over all its connections, so that it cannot take the feed from the others; one more is refused.</summary>
    public int SubscriptionLimitPerTenant { get; init; } = 5_000;
}
