using System.Globalization;

namespace Dispatcher.Web.Contracts;

/// <summary>
/// Whole numbers that name jobs, for callers whose ids are integers: milliseconds since 2025 times 1,024, plus a count within the millisecond. They grow and are
/// exact in JavaScript until the year 2300. Two processes may draw the same: the job's idempotency key (<see cref="KeyOf"/>) tells, and the loser draws again.
/// </summary>
internal sealed class JobNumber(TimeProvider time)
{
    private const int PerMillisecond = 1024;

    private static readonly long Epoch = new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private long _last;

    public long Next()
    {
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var next = Math.Max(last + 1, (time.GetUtcNow().ToUnixTimeMilliseconds() - Epoch) * PerMillisecond);
            if (Interlocked.CompareExchange(ref _last, next, last) == last) return next;
        }
    }

    /// <summary>The key by which a contract's job is found.</summary>
    public static string KeyOf(string contract, long number) => string.Create(CultureInfo.InvariantCulture, $"{contract}:{number}");
}
