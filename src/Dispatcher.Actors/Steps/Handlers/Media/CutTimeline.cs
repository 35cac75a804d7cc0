using System.Collections.Immutable;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>The picture's grid: a kept stretch starts and ends on a frame, so that rendered stretches add up without rounding drift.</summary>
public static class FrameGrid
{
    /// <summary>Frames a second of all rendered video.</summary>
    public const int FramesPerSecond = 30;

    /// <summary>The number of the frame nearest to a time.</summary>
    public static long FrameAt(long milliseconds) => (long)Math.Round(milliseconds * FramesPerSecond / 1000m, MidpointRounding.AwayFromZero);

    /// <summary>A frame's time in seconds.</summary>
    public static double Seconds(long frame) => (double)frame / FramesPerSecond;
}

/// <summary>Maps times of the talk to times of the cut video. Built from the kept stretches, each rounded to whole frames.</summary>
public sealed class CutTimeline
{
    private readonly ImmutableArray<Stretch> _stretches;

    public CutTimeline(CutPlan plan)
    {
        var stretches = ImmutableArray.CreateBuilder<Stretch>();
        long target = 0;
        foreach (var keep in plan.Keeps)
        {
            var (first, end) = (FrameGrid.FrameAt(keep.StartMs), FrameGrid.FrameAt(keep.EndMs));
            stretches.Add(new Stretch(FrameGrid.Seconds(first), FrameGrid.Seconds(end), FrameGrid.Seconds(target)));
            target += end - first;
        }

        (_stretches, Duration) = (stretches.ToImmutable(), FrameGrid.Seconds(target));
    }

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
