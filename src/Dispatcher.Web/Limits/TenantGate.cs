using System.Threading.RateLimiting;

namespace Dispatcher.Web.Limits;

/// <summary>What one tenant has under way on this node, and the rate of its requests. Letting a request through allocates nothing.</summary>
internal sealed class TenantGate : IDisposable
{
    private readonly TenantLimitOptions _limits;
    private readonly TokenBucketRateLimiter? _rate;
    private int _requests;
    private int _streams;

    public TenantGate(TenantLimitOptions limits)
    {
        _limits = limits;
        if (limits.RatePerSecond > 0) _rate = Bucket(limits);
    }

    public bool IsIdle => Volatile.Read(ref _requests) == 0 && Volatile.Read(ref _streams) == 0;

    /// <summary>Takes a place that <see cref="Leave"/> gives back; otherwise says what is used up.</summary>
    public TenantGateAnswer Enter(bool isStream)
    {
        if (!HasRate()) return TenantGateAnswer.RateUsedUp;
        ref var taken = ref isStream ? ref _streams : ref _requests;
        if (Interlocked.Increment(ref taken) <= (isStream ? _limits.Streams : _limits.Requests)) return TenantGateAnswer.Entered;
        Interlocked.Decrement(ref taken);
        return isStream ? TenantGateAnswer.StreamsUsedUp : TenantGateAnswer.RequestsUsedUp;
    }

    public void Leave(bool isStream) => Interlocked.Decrement(ref isStream ? ref _streams : ref _requests);

    public void Dispose() => _rate?.Dispose();

    /// <summary>The bucket is filled when it is found empty, and not by a timer that would run for tenants who do nothing.</summary>
    private bool HasRate()
    {
        if (_rate is null) return true;
        using (var lease = _rate.AttemptAcquire())
        {
            if (lease.IsAcquired) return true;
        }

        _rate.TryReplenish();
        using var second = _rate.AttemptAcquire();
        return second.IsAcquired;
    }

    private static TokenBucketRateLimiter Bucket(TenantLimitOptions limits) => new(new TokenBucketRateLimiterOptions
    {
        AutoReplenishment = false,
        TokenLimit = limits.RateBurst,
        TokensPerPeriod = limits.RatePerSecond,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
    });
}

internal enum TenantGateAnswer
{
    Entered,
    RequestsUsedUp,
    StreamsUsedUp,
    RateUsedUp,
}
