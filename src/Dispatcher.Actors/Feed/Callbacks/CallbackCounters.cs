namespace Dispatcher.Feed.Callbacks;

/// <summary>What the callbacks of this node have come to since it started; for metrics. Read from any thread.</summary>
public sealed class CallbackCounters
{
    private long _sent;
    private long _failed;
    private long _retried;
    private long _breakerOpens;
    private int _pending;

    /// <summary>Deliveries that a receiver took.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Deliveries that were given up.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Attempts that failed and will be repeated.</summary>
    public long Retried => Interlocked.Read(ref _retried);

    /// <summary>Times that a breaker opened, failed probes included.</summary>
    public long BreakerOpens => Interlocked.Read(ref _breakerOpens);

    /// <summary>Deliveries that are due now and in memory: waiting for their turn, or under way.</summary>
    public int Pending => Volatile.Read(ref _pending);

    internal void CountSent() => Interlocked.Increment(ref _sent);

    internal void CountFailed() => Interlocked.Increment(ref _failed);

    internal void CountRetried() => Interlocked.Increment(ref _retried);

    internal void CountBreakerOpened() => Interlocked.Increment(ref _breakerOpens);

    internal void SetPending(int deliveries) => Volatile.Write(ref _pending, deliveries);
}
