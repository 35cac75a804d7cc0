using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Feed.Callbacks;

/// <summary>Where callbacks of a tenant go. Tenants that share a host share neither its breaker nor its places, so that none sees or slows another.</summary>
/// <param name="Origin">Scheme, host and port: <c>https://example.org</c>, <c>http://127.0.0.1:8080</c>.</param>
internal readonly record struct ReceiverKey(string Tenant, string Origin)
{
    public static ReceiverKey Of(StoredDelivery delivery) =>
        new(delivery.Tenant, Uri.TryCreate(delivery.Url, UriKind.Absolute, out var url) ? url.GetLeftPart(UriPartial.Authority) : delivery.Url);
}

/// <summary>
/// The deliveries that wait for one receiver, and its breaker. First attempts of one job go in the order of its events, one at a time; one that has failed
/// before waits for nobody and holds up nobody.
/// </summary>
internal sealed class Receiver(ReceiverKey key)
{
    private readonly List<StoredDelivery> _waiting = [];
    private readonly HashSet<JobId> _jobsInOrder = [];

    public ReceiverKey Key { get; } = key;

    public CircuitBreaker Breaker { get; private set; } = CircuitBreaker.Closed;

    public int Waiting => _waiting.Count;

    public int UnderWay { get; private set; }

    /// <summary>True while it stands in the line of receivers that have something to send.</summary>
    public bool IsInLine { get; set; }

    /// <summary>Nothing would be lost by forgetting it.</summary>
    public bool IsForgettable => Waiting + UnderWay == 0 && Breaker == CircuitBreaker.Closed;

    public void Add(StoredDelivery delivery) => _waiting.Add(delivery);

    /// <summary>The next delivery that may go now, which is under way from here; null if there is none.</summary>
    public StoredDelivery? Begin(DateTimeOffset now, int maxConcurrency)
    {
        if (UnderWay >= Breaker.Allows(now, maxConcurrency)) return null;
        var index = _waiting.FindIndex(delivery => !IsFirstAttempt(delivery) || !_jobsInOrder.Contains(delivery.JobId));
        if (index < 0) return null;
        var next = _waiting[index];
        _waiting.RemoveAt(index);
        if (IsFirstAttempt(next)) _jobsInOrder.Add(next.JobId);
        Breaker = Breaker.Begun();
        UnderWay++;
        return next;
    }

    /// <summary>An attempt is over.</summary>
    /// <param name="works">Whether the receiver works; null if the attempt says nothing about it.</param>
    /// <returns>True if the breaker has opened by it.</returns>
    public bool End(StoredDelivery delivery, bool? works, DateTimeOffset now)
    {
        UnderWay--;
        if (IsFirstAttempt(delivery)) _jobsInOrder.Remove(delivery.JobId);
        var before = Breaker;
        Breaker = works switch
        {
            true => before.Succeeded(),
            false => before.Failed(now),
            // A probe that was no probe: the next one decides.
            null => before.State == BreakerState.HalfOpen ? before with { State = BreakerState.Open } : before,
        };
        return works == false && Breaker.State == BreakerState.Open && before.State != BreakerState.Open;
    }

    /// <summary>Takes away all that waits, or what waits of one job.</summary>
    public IReadOnlyList<StoredDelivery> RemoveWaiting(JobId? job)
    {
        var removed = _waiting.FindAll(delivery => job is null || delivery.JobId == job);
        _waiting.RemoveAll(delivery => job is null || delivery.JobId == job);
        return removed;
    }

    private static bool IsFirstAttempt(StoredDelivery delivery) => delivery.Attempts == 0;
}
