using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Feed;

/// <summary>An event as subscribers get it. One instance serves all of them, and so does its rendered form.</summary>
public sealed class FeedEvent
{
    /// <summary>What an event costs in memory beside its payload, roughly: itself, and the frame of its rendered form.</summary>
    private const int FrameBytes = 640;

    private readonly ReadOnlyMemory<byte> _payload;
    private byte[]? _json;

    internal FeedEvent(JobId jobId, JobAddress address, long ordering, long sequenceNr, string type, DateTimeOffset at, ReadOnlyMemory<byte> payload)
    {
        (JobId, Address, Ordering, SequenceNr, Type, At) = (jobId, address, ordering, sequenceNr, type, at);
        _payload = payload;
    }

    public JobId JobId { get; }

    public JobAddress Address { get; }

    /// <summary>The place in the journal; of an event that is not in the journal, the place after which it happened.</summary>
    public long Ordering { get; internal init; }

    /// <summary>The number within the job; 0 for an event that is not in the journal.</summary>
    public long SequenceNr { get; }

    /// <summary>The stable name: <c>job.started</c>.</summary>
    public string Type { get; }

    public DateTimeOffset At { get; }

    /// <summary>False for <c>job.deleted</c>, which no journal keeps: it is told once, to those who listen.</summary>
    public bool IsStored => SequenceNr > 0;

    /// <summary>True when nothing follows in the job unless somebody recovers it.</summary>
    public bool EndsJob => Type is "job.completed" or "job.failed" or "job.cancelled" or "job.rejected";

    /// <summary>True when the progress that a step told before means nothing any more.</summary>
    internal bool EndsProgress => EndsJob || Type is "step.completed" or "step.failed" or "step.retrying" or "step.released" or "job.paused";

    /// <summary>UTF-8 JSON on one line, as server-sent events and the hub carry it; made at the first call.</summary>
    public ReadOnlyMemory<byte> Json => _json ??= FeedJson.Render(this, ShownCallback.Event(Type, _payload).Span);

    /// <summary>The place in the ring.</summary>
    internal long Index { get; init; }

    /// <summary>Up to this place the ring was not told all that comes before the event: what stands there is known to the journal alone. 0 when nothing is missing.</summary>
    internal long GapUpTo { get; init; }

    internal int Bytes => FrameBytes + (2 * _payload.Length);
}
