using System.Security.Cryptography;
using Dispatcher.Jobs;

namespace Dispatcher.Kernel;

/// <summary>The one source of ids and chance of a node; a simulation replaces it by a seeded one.</summary>
/// <remarks>
/// Job ids grow within a node, also within a millisecond and when the clock goes back: twelve bits behind the time count on (RFC 9562, 6.2, method 1), and
/// borrow from the next millisecond when they are used up. So lists by id are in the order of creation.
/// </remarks>
public class IdGenerator(TimeProvider time)
{
    private const int CounterBits = 12;

    private long _last;

    /// <summary>Fills the buffer with chance.</summary>
    public virtual void Fill(Span<byte> buffer) => RandomNumberGenerator.Fill(buffer);

    public JobId NextJobId() => NextJobId(out _);

    /// <param name="at">When its job is made: within the millisecond that the id names, since lists by the time of creation look at ids.</param>
    public JobId NextJobId(out DateTimeOffset at)
    {
        Span<byte> random = stackalloc byte[JobId.RandomBytes];
        Fill(random);
        at = time.GetUtcNow();
        var milliseconds = at.ToUnixTimeMilliseconds();
        var stamp = NextStamp(milliseconds << CounterBits);
        random[0] = (byte)(stamp >> 8);
        random[1] = (byte)stamp;
        if (stamp >> CounterBits != milliseconds) at = DateTimeOffset.FromUnixTimeMilliseconds(stamp >> CounterBits);
        return JobId.Create(at, random);
    }

    /// <summary>The given stamp, or the one after the last if that is not older.</summary>
    private long NextStamp(long now)
    {
        while (true)
        {
            var last = Interlocked.Read(ref _last);
            var next = Math.Max(now, last + 1);
            if (Interlocked.CompareExchange(ref _last, next, last) == last) return next;
        }
    }
}
