using System.Collections.Immutable;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>The grid of the picture: rendered video is a whole number of frames long.</summary>
public static class FrameGrid
{
    /// <summary>Frames a second of all rendered video.</summary>
    public const int FramesPerSecond = 30;

    /// <summary>The number of the frame nearest to a time.</summary>
    public static long FrameAt(long milliseconds) => (long)Math.Round(milliseconds * FramesPerSecond / 1000m, MidpointRounding.AwayFromZero);

    /// <summary>A frame's time in seconds.</summary>
    public static double Seconds(long frame) => (double)frame / FramesPerSecond;
}

/// <summary>
/// Maps times of the talk to times of the cut video. A kept stretch gets as many frames as take its end to the frame nearest to its planned
/// place in the cut video, so the rounding of many stretches does not add up.
/// </summary>
public sealed class CutTimeline
{
    private readonly ImmutableArray<Stretch> _stretches;

    public CutTimeline(CutPlan plan)
    {
        var stretches = ImmutableArray.CreateBuilder<Stretch>();
        var frames = ImmutableArray.CreateBuilder<long>();
        long plannedMs = 0;
        long frame = 0;
        foreach (var keep in plan.Keeps)
        {
            plannedMs += keep.LengthMs;
            var end = Math.Max(frame + 1, FrameGrid.FrameAt(plannedMs));
            var start = keep.StartMs / 1000.0;
            stretches.Add(new Stretch(start, start + FrameGrid.Seconds(end - frame), FrameGrid.Seconds(frame)));
            frames.Add(end - frame);
            frame = end;
        }

        (_stretches, Frames, Duration) = (stretches.ToImmutable(), frames.ToImmutable(), FrameGrid.Seconds(frame));
    }

    /// <summary>How many frames each kept stretch is rendered to, in order.</summary>
    public ImmutableArray<long> Frames { get; }

    /// <summary>Seconds of the cut video.</summary>
    public double Duration { get; }

    /// <summary>True when the moment (seconds of the talk) is in the cut video.</summary>
    public bool Keeps(double seconds) => _stretches.Any(stretch => seconds >= stretch.Start && seconds < stretch.End);

    /// <summary>
    /// What remains of an interval of the talk, in seconds of the cut video; null when nothing does. An interval that spans a cut stays one
    /// interval, shorter by the cut.
    /// </summary>
    public (double Start, double End)? Map(double start, double end)
    {
        double? first = null;
        double last = 0;
        foreach (var stretch in _stretches)
        {
            var (from, to) = (Math.Max(start, stretch.Start), Math.Min(end, stretch.End));
            if (to <= from) continue;
            first ??= stretch.Target + (from - stretch.Start);
            last = stretch.Target + (to - stretch.Start);
        }

        return first is { } mapped ? (mapped, last) : null;
    }

    private readonly record struct Stretch(double Start, double End, double Target);
}
