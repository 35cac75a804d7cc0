using System.Diagnostics.CodeAnalysis;

namespace Yoga.Keypoints;

/// <summary>Where a joint is in the picture, in pixels from its upper left corner, and how sure the detector is of it, 0..1.</summary>
internal sealed record Joint(double X, double Y, double Confidence);

/// <summary>One picture of the video.</summary>
/// <param name="Timestamp">Seconds from the beginning.</param>
/// <param name="Keypoints">By the joint's name (<see cref="Joints"/>).</param>
internal sealed record Frame(int FrameId, double Timestamp, IReadOnlyDictionary<string, Joint> Keypoints)
{
    /// <summary>The joint, if the detector saw it at all surely enough.</summary>
    public Joint? Find(string joint, double detection) => Keypoints.TryGetValue(joint, out var found) && found.Confidence >= detection ? found : null;
}

/// <param name="Duration">Seconds.</param>
/// <param name="Resolution">Width and height in pixels: <c>1280x720</c>.</param>
/// <param name="Fps">Frames a second.</param>
internal sealed record VideoMetadata(double? Duration = null, string? Resolution = null, double? Fps = null);

internal sealed record PainReport(bool Reported, IReadOnlyList<string>? Areas = null);

/// <summary>The contract's <c>keypoints_data</c>: what a device has found in a video, without the video.</summary>
internal sealed record Recording
{
    public VideoMetadata? VideoMetadata { get; init; }

    /// <summary>In the order of time.</summary>
    public IReadOnlyList<Frame> Frames { get; init; } = [];

    /// <summary>Absent is not given.</summary>
    public bool? UserConsent { get; init; }

    public PainReport? UserPainReport { get; init; }

    /// <summary>Scores of earlier sessions, 0..1, the newest last. Null is none, as null is not given in every other field.</summary>
    [AllowNull]
    public IReadOnlyList<double> PreviousScores { get; init => field = value ?? []; } = [];

    /// <summary>Seconds: what the video says of itself, else from the first frame to the end of the last.</summary>
    public double Duration => VideoMetadata?.Duration ?? (Frames.Count < 2 ? 0 : (Frames[^1].Timestamp - Frames[0].Timestamp) * Frames.Count / (Frames.Count - 1));

    /// <summary>Frames a second: what the video says of itself, else as the frames lie.</summary>
    public double Fps => VideoMetadata?.Fps ?? (Duration > 0 ? Frames.Count / Duration : 0);
}
