using Dispatcher.Jobs;

namespace Dispatcher.Store;

/// <summary>The ids among which a list looks. An id begins with the milliseconds of its making, so times are bounds on ids, exact to the millisecond.</summary>
/// <param name="From">The smallest id in it.</param>
/// <param name="Before">The smallest id after it.</param>
internal readonly record struct JobIdRange(JobId From, JobId Before)
{
    private static readonly JobId First = new(Guid.Empty);

    /// <summary>No UUID of version 7 is this large.</summary>
    private static readonly JobId End = new(Guid.AllBitsSet);

    public static JobIdRange Of(JobQuery query)
    {
        var before = query.CreatedBefore is { } created ? FirstMadeAt(created) : End;
        if (query.Before is { } cursor && cursor.CompareTo(before) < 0) before = cursor;
        return new JobIdRange(query.CreatedFrom is { } from ? FirstMadeAt(from) : First, before);
    }

    /// <summary>The smallest id that can be made in this millisecond.</summary>
    public static JobId FirstMadeAt(DateTimeOffset time)
    {
        Span<byte> zeros = stackalloc byte[JobId.RandomBytes];
        zeros.Clear();
        return JobId.Create(time < DateTimeOffset.UnixEpoch ? DateTimeOffset.UnixEpoch : time, zeros);
    }

    /// <summary>The smallest id that can be made in the next millisecond.</summary>
    public static JobId FirstMadeAfter(DateTimeOffset time)
    {
        var last = DateTimeOffset.MaxValue.AddMilliseconds(-1);
        return time < last ? FirstMadeAt(time.AddMilliseconds(1)) : End;
    }
}
