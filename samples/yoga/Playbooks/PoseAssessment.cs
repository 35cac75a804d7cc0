using Yoga.Keypoints;
using Yoga.Library;

namespace Yoga.Playbooks;

public enum Severity
{
    Yellow,
    Red,
}

/// <summary>An angle while the pose was held, in degrees.</summary>
/// <param name="Variance">Of the population: square degrees.</param>
internal sealed record AngleMetrics(string Angle, double Avg, double Min, double Max, double Variance, double Target);

/// <param name="Difference">Between the left and the right angle, in degrees.</param>
internal sealed record SymmetryMetrics(string Angle, double Difference, double Limit);

/// <param name="Sway">The standard deviation of the body's centre, in lengths of the back.</param>
internal sealed record StabilityMetrics(double Sway, double Limit);

/// <summary>Something that a teacher would have remarked.</summary>
/// <param name="Type"><c>angle</c>, <c>symmetry</c> or <c>stability</c>.</param>
/// <param name="Name">The angle, or the same as the type.</param>
/// <param name="Value">How far it is off, in units of what is tolerated.</param>
/// <param name="Confidence">Of the joints that it was measured by.</param>
/// <param name="Time">When the pose was held, in seconds.</param>
internal sealed record PoseEvent(
    string EventId, string SegmentId, string AsanaId, string Type, string Name, Severity Severity, double Value, double Measured, double Target, double Confidence, double Time, string Cue);

internal sealed record SegmentMetrics(
    string SegmentId, string AsanaId, IReadOnlyList<AngleMetrics> Angles, IReadOnlyList<SymmetryMetrics> Symmetry, StabilityMetrics Stability, IReadOnlyList<PoseEvent> Events);

internal sealed record AssessmentSummary(int TotalSegments, int TotalEvents, int RedEvents, int YellowEvents);

internal sealed record AssessmentResult(IReadOnlyList<SegmentMetrics> Metrics, IReadOnlyList<PoseEvent> Events, AssessmentSummary Summary);

/// <summary>Playbook 3, <c>yoga_pose_assessment</c>: how each pose was held, against its rubric.</summary>
internal static class PoseAssessment
{
    public static AssessmentResult Run(Recording recording, IReadOnlyList<Segment> segments, IReadOnlyList<Asana> library, AssessmentOptions options, double detection)
    {
        var smooth = SavitzkyGolay.Smooth(recording.Frames, detection);
        var metrics = segments.Select(segment => Assess(segment, smooth, library.First(asana => asana.AsanaId == segment.AsanaId), options, detection)).ToList();
        var events = metrics.SelectMany(metric => metric.Events).ToList();
        var red = events.Count(@event => @event.Severity == Severity.Red);
        return new AssessmentResult(metrics, events, new AssessmentSummary(segments.Count, events.Count, red, events.Count - red));
    }

    private static SegmentMetrics Assess(Segment segment, IReadOnlyList<Frame> frames, Asana asana, AssessmentOptions options, double detection)
    {
        var held = frames.Where(frame => frame.Timestamp >= segment.Phases.Hold.Start && frame.Timestamp < segment.Phases.Hold.End).ToList();
        var form = new PoseForm(asana, segment.Side == "right");
        var angles = form.Angles.Values.Select(angle => Measure(angle, held, detection)).OfType<AngleMetrics>().ToList();
        var byName = angles.ToDictionary(angle => angle.Angle, StringComparer.Ordinal);
        var symmetry = asana.SymmetryChecks
            .Where(check => byName.ContainsKey($"left_{check.Angle}") && byName.ContainsKey($"right_{check.Angle}"))
            .Select(check => new SymmetryMetrics(check.Angle, Math.Round(Math.Abs(byName[$"left_{check.Angle}"].Avg - byName[$"right_{check.Angle}"].Avg), 2), check.LimitDegrees)).ToList();
        var stability = new StabilityMetrics(Math.Round(Sway(held, detection), 4), asana.StabilityLimit);

        var judge = new Judge(segment, held, options, detection);
        foreach (var angle in angles)
        {
            if (form.Angles[angle.Angle] is { Tolerance: { } tolerance } key) judge.Angle(key, angle.Avg, tolerance);
        }

        foreach (var (check, measured) in asana.SymmetryChecks.Join(symmetry, check => check.Angle, measured => measured.Angle, (check, measured) => (check, measured)))
            judge.Symmetry(check, measured.Difference);
        judge.Stability(stability);
        return new SegmentMetrics(segment.SegmentId, segment.AsanaId, angles, symmetry, stability, judge.Events);
    }

    private static AngleMetrics? Measure(KeyAngle key, IReadOnlyList<Frame> held, double detection)
    {
        var angle = BodyAngle.Of(key.Angle);
        var values = held.Select(frame => angle.Measure(frame, detection)).OfType<double>().ToList();
        if (values.Count == 0) return null;
        var mean = values.Average();
        return new AngleMetrics(
            key.Angle, Math.Round(mean, 2), Math.Round(values.Min(), 2), Math.Round(values.Max(), 2), Math.Round(values.Average(value => (value - mean) * (value - mean)), 3), key.Target);
    }

    private static double Sway(IReadOnlyList<Frame> held, double detection)
    {
        var centres = held.Select(frame => (Frame: frame, Back: MotionSegmentation.BackOf(frame, detection))).Where(pair => pair.Back is not null).Select(pair => Centre(pair.Frame)).ToList();
        if (centres.Count == 0) return 0;
        var (x, y) = (centres.Average(point => point.X), centres.Average(point => point.Y));
        var back = held.Select(frame => MotionSegmentation.BackOf(frame, detection)).OfType<double>().Average();
        return Math.Sqrt(centres.Average(point => Math.Pow(point.X - x, 2) + Math.Pow(point.Y - y, 2))) / back;
    }

    private static Joint Centre(Frame frame) => BodyAngle.Middle(
        BodyAngle.Middle(frame.Keypoints["left_shoulder"], frame.Keypoints["right_shoulder"]), BodyAngle.Middle(frame.Keypoints["left_hip"], frame.Keypoints["right_hip"]));

    /// <summary>Makes events of what is off.</summary>
    private sealed class Judge(Segment segment, IReadOnlyList<Frame> held, AssessmentOptions options, double detection)
    {
        private readonly List<PoseEvent> _events = [];

        public IReadOnlyList<PoseEvent> Events => _events;

        public void Angle(KeyAngle key, double measured, double tolerance) =>
            Add("angle", key.Angle, measured, key.Target, Math.Abs(measured - key.Target) / tolerance, options.RedFactor, BodyAngle.Of(key.Angle).Joints, key.Cue);

        public void Symmetry(SymmetryCheck check, double difference) => Add(
            "symmetry", check.Angle, difference, 0, difference / check.LimitDegrees, options.RedFactor,
            [.. BodyAngle.Of($"left_{check.Angle}").Joints, .. BodyAngle.Of($"right_{check.Angle}").Joints], check.Cue);

        public void Stability(StabilityMetrics stability) =>
            Add("stability", "stability", stability.Sway, 0, stability.Sway / stability.Limit, options.RedSway, BodyAngle.Of(BodyAngle.Torso).Joints, "Fix the eyes on one point and breathe evenly.");

        private void Add(string type, string name, double measured, double target, double value, double red, IReadOnlyList<string> joints, string? cue)
        {
            if (value <= 1) return;
            var confidence = held.SelectMany(frame => joints.Select(joint => frame.Find(joint, detection))).OfType<Joint>().Select(joint => joint.Confidence).DefaultIfEmpty(0).Average();
            _events.Add(new PoseEvent(
                $"{segment.SegmentId}-{type}-{name}", segment.SegmentId, segment.AsanaId, type, name, value > red ? Severity.Red : Severity.Yellow,
                Math.Round(value, 3), measured, target, Math.Round(confidence, 4), Math.Round(segment.Phases.Hold.Start, 3), cue ?? "Come back to the pose slowly."));
        }
    }
}
