using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Feed;

/// <summary>How far a running step is. Not in any journal: only the newest of a job is told, at most ten times a second.</summary>
public sealed class FeedProgress
{
    /// <summary>The stable name of all of them.</summary>
    public const string Type = "step.progressed";

    private byte[]? _json;
    private bool _isSuperseded;

    public required JobId JobId { get; init; }

    public required JobAddress Address { get; init; }

    /// <summary>The job's newest event when this was told.</summary>
    public required long SequenceNr { get; init; }

    public required DateTimeOffset At { get; init; }

    public required StepKey Step { get; init; }

    /// <summary>0..100.</summary>
    public required double Percent { get; init; }

    public string? Message { get; init; }

    /// <summary>UTF-8 JSON on one line, like that of events; made at the first call.</summary>
    public ReadOnlyMemory<byte> Json => _json ??= FeedJson.Render(this);

    internal long Index { get; set; }

    /// <summary>True when a newer one of the job was told, or the step has ended.</summary>
    internal bool IsSuperseded
    {
        get => Volatile.Read(ref _isSuperseded);
        set => Volatile.Write(ref _isSuperseded, value);
    }
}
