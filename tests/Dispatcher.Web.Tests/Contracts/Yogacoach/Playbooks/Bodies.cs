using Yoga.Keypoints;
using Yoga.Library;
using Yoga.Playbooks;
using Yoga.Recordings;

namespace Dispatcher.Web.Tests.Contracts.Yogacoach.Playbooks;

/// <summary>Bodies without any chance in them, so that what comes out can be worked out by hand.</summary>
internal static class Bodies
{
    public const double Detection = 0.3;

    /// <summary>The length of the back, in pixels.</summary>
    public const double Back = 150;

    public static IReadOnlyList<Asana> Library => AsanaLibrary.Default;

    /// <summary>A person who holds a posture for so long, at 20 frames a second.</summary>
    /// <param name="sway">The person's way to the right in pixels, at each time.</param>
    public static Recording Holding(Posture posture, double seconds, double confidence = 0.9, Func<double, double>? sway = null, double fps = 20) => new()
    {
        UserConsent = true,
        VideoMetadata = new VideoMetadata(seconds, "1280x720", fps),
        Frames = [.. Enumerable.Range(0, (int)Math.Round(seconds * fps)).Select(index => FrameOf(posture, index, index / fps, confidence, sway))],
    };

    public static Frame FrameOf(Posture posture, int index = 0, double time = 0, double confidence = 0.9, Func<double, double>? sway = null) => new(
        index, time, posture.Place(640 + (sway?.Invoke(time) ?? 0), 400, Back).ToDictionary(pair => pair.Key, pair => new Joint(pair.Value.X, pair.Value.Y, confidence), StringComparer.Ordinal));

    public static SegmentationResult Segments(Recording recording) => MotionSegmentation.Run(recording, Library, new(), Detection);

    public static AssessmentResult Assess(Recording recording) => PoseAssessment.Run(recording, Segments(recording).Segments, Library, new(), Detection);

    public static PoseEvent Event(Severity severity, double value, double confidence = 0.9, string name = "left_knee", string type = "angle", string asana = "warrior_2") =>
        new($"seg-1-{type}-{name}", "seg-1", asana, type, name, severity, value, 70, 90, confidence, 2, $"Mind the {name}.");

    public static Segment Segment(string asana, double start = 0, double end = 10) => new($"seg-{asana}", asana, "left", start, end, 0.9, Phases.Of(start, end, new()));
}
