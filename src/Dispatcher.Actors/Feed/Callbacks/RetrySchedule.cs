using System.Collections.Immutable;

namespace Dispatcher.Feed.Callbacks;

/// <summary>When a callback that was not taken is sent again: ever later, the last time a day after its event.</summary>
public static class RetrySchedule
{
    /// <summary>A receiver may ask for more time than the schedule has, up to this.</summary>
    public static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(1);

    /// <summary>From the event to the last attempt.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromHours(24);

    /// <summary>The wait after the first attempt, the second, and so on; the last one repeats.</summary>
    public static readonly ImmutableArray<TimeSpan> Delays =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(4), TimeSpan.FromHours(8),
    ];

    /// <summary>A tenth to each side, so that what failed together does not come back together.</summary>
    private const double Jitter = 0.1;

    /// <summary>The time of the next attempt; null when there is none any more.</summary>
    /// <param name="deliveryId">With <paramref name="attempts"/> it decides the jitter, so that a time can be told again.</param>
    /// <param name="attempts">Attempts so far, 1 or more.</param>
    /// <param name="retryAfter">What the receiver asked for.</param>
    public static DateTimeOffset? Next(long deliveryId, int attempts, DateTimeOffset createdAt, DateTimeOffset now, TimeSpan? retryAfter = null)
    {
        var end = createdAt + GiveUpAfter;
        if (now >= end) return null;
        var wait = Delays[Math.Min(attempts, Delays.Length) - 1] * (1 + (Jitter * Spread(deliveryId, attempts)));
        if (retryAfter is { } asked) wait = Longer(wait, asked < LongestRetryAfter ? asked : LongestRetryAfter);
        return now + wait < end ? now + wait : end;
    }

    private static TimeSpan Longer(TimeSpan left, TimeSpan right) => left > right ? left : right;

    /// <summary>-1..1 by a mix of the two numbers (the finaliser of MurmurHash3, A. Appleby).</summary>
    private static double Spread(long deliveryId, int attempts)
    {
        var mixed = unchecked((ulong)deliveryId * 0x9E3779B97F4A7C15UL) + (ulong)attempts;
        mixed = unchecked((mixed ^ (mixed >> 33)) * 0xFF51AFD7ED558CCDUL);
        mixed = unchecked((mixed ^ (mixed >> 33)) * 0xC4CEB9FE1A85EC53UL);
        mixed ^= mixed >> 33;
        return ((mixed >> 11) * (2.0 / (1UL << 53))) - 1;
    }
}
