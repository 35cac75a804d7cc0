using System.Buffers.Binary;
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
<<<<<<< HEAD
    private const int CounterBits = 12;

    private long _last;
=======
    /// <summary>Where the part of an id begins that counts on: the last eight of its ten bytes of chance.</summary>
    private const int TailOffset = JobId.RandomBytes - sizeof(ulong);

    /// <summary>An id's tail has 62 bits, since the variant takes two; the first id of a millisecond leaves the highest clear, as room to count.</summary>
    private const ulong FirstTailMask = ulong.MaxValue >> 3;

    private readonly Lock _lock = new();
    private readonly byte[] _chance = new byte[JobId.RandomBytes];
    private long _millisecond = long.MinValue;
>>>>>>> flaky

    /// <summary>Fills the buffer with chance.</summary>
    public virtual void Fill(Span<byte> buffer) => RandomNumberGenerator.Fill(buffer);

<<<<<<< HEAD
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
=======
    /// <summary>
    /// Of two ids of one millisecond the later is the larger (RFC 9562, section 6.2, method 2): lists go by ids, and show jobs in the order in which they were
    /// made. The steps between them are of chance, so that one id does not tell the next.
    /// </summary>
    public JobId NextJobId() => NextJobId(out _);

    /// <summary>The same, with the time from which it was made.</summary>
    public JobId NextJobId(out DateTimeOffset at)
    {
        lock (_lock)
        {
            at = time.GetUtcNow();
            var millisecond = at.ToUnixTimeMilliseconds();
            if (millisecond == _millisecond) CountOn();
            else Begin();
            _millisecond = millisecond;
            return JobId.Create(at, _chance);
        }
    }

    private void Begin()
    {
        Fill(_chance);
        Tail &= FirstTailMask;
    }

    private void CountOn()
    {
        Span<byte> step = stackalloc byte[sizeof(uint)];
        Fill(step);
        Tail += 1UL + BinaryPrimitives.ReadUInt32BigEndian(step);
    }

    private ulong Tail
    {
        get => BinaryPrimitives.ReadUInt64BigEndian(_chance.AsSpan(TailOffset));
        set => BinaryPrimitives.WriteUInt64BigEndian(_chance.AsSpan(TailOffset), value);
>>>>>>> flaky
    }
}
