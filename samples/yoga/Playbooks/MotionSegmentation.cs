using Yoga.Keypoints;
using Yoga.Library;

namespace Yoga.Playbooks;

/// <summary>A stretch of time in seconds of the recording.</summary>
internal sealed record Span(double Start, double End);

/// <summary>How a pose was entered, held and left: 20, 60 and 20 % of its time.</summary>
internal sealed record Phases(Span Entry, Span Hold, Span Exit)
{
    public static Phases Of(double start, double end, SegmentationOptions options)
    {
        var hold = start + (end - start) * options.Entry;
        var exit = hold + (end - start) * options.Hold;
        return new Phases(new Span(start, hold), new Span(hold, exit), new Span(exit, end));
    }
}

/// <param name="Side">left if the pose was done as the library has it, right if mirrored, both if there is no difference.</param>
internal sealed record Segment(string SegmentId, string AsanaId, string Side, double StartTime, double EndTime, double Confidence, Phases Phases)
{
    public double Seconds => EndTime - StartTime;
}

/// <param name="Reason"><c>not_in_library</c>; <c>low_confidence</c> for what resembled a pose and was not sure enough; <c>too_short</c> for poses that were not held.</param>
internal sealed record UnrecognizedSegment(double StartTime, double EndTime, string Reason);

/// <param name="AnalysedSeconds">Of all segments together: what is billed.</param>
internal sealed record SegmentationResult(
    IReadOnlyList<Segment> Segments, IReadOnlyList<UnrecognizedSegment> UnrecognizedSegments, bool Recognized, double AnalysedSeconds, double BillableMinutes);

/// <summary>Playbook 2, <c>yoga_motion_segmentation</c>: which poses of the library were held, and when.</summary>
internal static class MotionSegmentation
{
    public const string NotInLibrary = "not_in_library";
    public const string LowConfidence = "low_confidence";
    public const string TooShort = "too_short";

    /// <summary>Frames between two looks at a joint, to tell movement from the detector's trembling.</summary>
    private const int SpeedFrames = 5;

    public static SegmentationResult Run(Recording recording, IReadOnlyList<Asana> library, SegmentationOptions options, double detection)
    {
        var frames = recording.Frames;
        if (frames.Count < 2) return new SegmentationResult([], [], Recognized: false, 0, 0);
        var forms = PoseForm.AllOf(library);
        var frameTime = (frames[^1].Timestamp - frames[0].Timestamp) / (frames.Count - 1);
        var seen = frames.Select(frame => PoseClassifier.Classify(frame, forms, options, detection)).ToList();
        List<Segment> segments = [];
        var (accepted, unsure) = (new bool[frames.Count], new bool[frames.Count]);
        foreach (var (first, last) in Runs(seen, (int)Math.Round(options.BridgedSeconds / frameTime)))
        {
            var (start, end) = (frames[first].Timestamp, frames[last].Timestamp + frameTime);
            var confidence = ConfidenceOf(frames, seen, first, last, options, detection);
            // A hundredth of a frame is not the difference between two poses.
            if (end - start < options.MinSeconds - frameTime / 100) continue;
            if (confidence <= options.MinConfidence)
            {
                Array.Fill(unsure, true, first, last - first + 1);
                continue;
            }

            var form = seen[first]!.Value.Form;
            segments.Add(new Segment(
                $"seg-{segments.Count + 1}", form.Asana.AsanaId, SideOf(form, forms), Math.Round(start, 3), Math.Round(end, 3), Math.Round(confidence, 4), Phases.Of(start, end, options)));
            Array.Fill(accepted, true, first, last - first + 1);
        }

        // In hundredths of a second: the third of a millisecond that timestamps of three digits leave behind must not cost a minute.
        var seconds = Math.Round(segments.Sum(segment => segment.Seconds), 2);
        return new SegmentationResult(segments, [.. Unrecognized(frames, seen, accepted, unsure, frameTime, options)], segments.Count > 0, seconds, Math.Round(seconds / 60, 6));
    }

    /// <summary>50 % how well the frames fit the pose, 30 % how surely the joints were seen, 20 % how still the pose was held.</summary>
    private static double ConfidenceOf(
        IReadOnlyList<Frame> frames, IReadOnlyList<(PoseForm Form, double Likeness)?> seen, int first, int last, SegmentationOptions options, double detection)
    {
        var run = Enumerable.Range(first, last - first + 1).ToList();
        var classification = run.Average(index => seen[index]?.Likeness ?? 0);
        var keypoints = run.Average(index => Joints.Key.Average(joint => frames[index].Find(joint, detection)?.Confidence ?? 0));
        var (holdFirst, holdLast) = (first + (int)(run.Count * options.Entry), first + (int)(run.Count * (options.Entry + options.Hold)));
        var still = Enumerable.Range(holdFirst, Math.Max(1, holdLast - holdFirst))
            .Select(index => SpeedAt(frames, index, first, last, detection)).OfType<double>().Select(speed => speed <= options.StillSpeed ? 1.0 : 0.0).DefaultIfEmpty(0).Average();
        return options.ClassificationWeight * classification + options.KeypointsWeight * keypoints + options.PhaseWeight * still;
    }

    /// <summary>The mean speed of the key joints around a frame, in lengths of the back a second.</summary>
    private static double? SpeedAt(IReadOnlyList<Frame> frames, int index, int first, int last, double detection)
    {
        var (from, to) = (frames[Math.Max(first, index - SpeedFrames / 2)], frames[Math.Min(last, index + SpeedFrames / 2)]);
        if (to.Timestamp <= from.Timestamp || BackOf(from, detection) is not { } back) return null;
        var ways = Joints.Key.Select(joint => (From: from.Find(joint, detection), To: to.Find(joint, detection))).Where(pair => pair is { From: not null, To: not null })
            .Select(pair => Math.Sqrt(Math.Pow(pair.To!.X - pair.From!.X, 2) + Math.Pow(pair.To.Y - pair.From.Y, 2))).ToList();
        return ways.Count == 0 ? null : ways.Average() / back / (to.Timestamp - from.Timestamp);
    }

    /// <summary>The length of the back in pixels: the measure of all lengths, however far away the camera stands.</summary>
    internal static double? BackOf(Frame frame, double detection)
    {
        if (frame.Find("left_shoulder", detection) is not { } a || frame.Find("right_shoulder", detection) is not { } b) return null;
        if (frame.Find("left_hip", detection) is not { } c || frame.Find("right_hip", detection) is not { } d) return null;
        var (shoulders, hips) = (BodyAngle.Middle(a, b), BodyAngle.Middle(c, d));
        var length = Math.Sqrt(Math.Pow(shoulders.X - hips.X, 2) + Math.Pow(shoulders.Y - hips.Y, 2));
        return length > 0 ? length : null;
    }

    /// <summary>Runs of frames that show one form, first and last index; up to so many other frames between are bridged.</summary>
    private static IEnumerable<(int First, int Last)> Runs(IReadOnlyList<(PoseForm Form, double Likeness)?> seen, int bridge)
    {
        for (var first = 0; first < seen.Count; first++)
        {
            if (seen[first]?.Form is not { } form) continue;
            var last = first;
            for (var next = first + 1; next < seen.Count && next - last <= bridge + 1; next++)
            {
                if (ReferenceEquals(seen[next]?.Form, form)) last = next;
            }

            yield return (first, last);
            first = last;
        }
    }

    /// <summary>What is left between the segments, if it is long enough to have been a pose.</summary>
    private static IEnumerable<UnrecognizedSegment> Unrecognized(
        IReadOnlyList<Frame> frames, IReadOnlyList<(PoseForm Form, double Likeness)?> seen, bool[] accepted, bool[] unsure, double frameTime, SegmentationOptions options)
    {
        for (var first = 0; first < frames.Count; first++)
        {
            if (accepted[first]) continue;
            var last = first;
            while (last + 1 < frames.Count && !accepted[last + 1]) last++;
            var (start, end) = (frames[first].Timestamp, frames[last].Timestamp + frameTime);
            var stretch = Enumerable.Range(first, last - first + 1).ToList();
            var reason = stretch.Exists(index => unsure[index]) ? LowConfidence : stretch.Count(index => seen[index] is null) * 2 >= stretch.Count ? NotInLibrary : TooShort;
            if (end - start >= options.MinSeconds) yield return new UnrecognizedSegment(Math.Round(start, 3), Math.Round(end, 3), reason);
            first = last;
        }
    }

    private static string SideOf(PoseForm form, IReadOnlyList<PoseForm> forms) =>
        form.IsMirrored ? "right" : forms.Any(other => other.IsMirrored && other.Asana.AsanaId == form.Asana.AsanaId) ? "left" : "both";
}
