using System.Globalization;
using Yoga.Keypoints;

namespace Yoga.Playbooks;

/// <summary>What becomes of a recording.</summary>
public enum ConfidenceGate
{
    Pass,

    /// <summary>It may not be analysed, or never could be.</summary>
    Reject,

    /// <summary>A better recording can be analysed.</summary>
    ReShoot,
}

/// <param name="DetectionRate">The part of key joints that were detected, 0..1.</param>
internal sealed record QualityResult(
    double QualityScore, ConfidenceGate ConfidenceGate, IReadOnlyList<string> Warnings, IReadOnlyList<string> Guidance, double DetectionRate, double MeanConfidence,
    PrivacyReceipt PrivacyReceipt);

/// <summary>What was taken of the user, as the user may keep it.</summary>
internal sealed record PrivacyReceipt(bool Consent, int FramesReceived, bool ImagesReceived, string Kept);

/// <summary>Playbook 1, <c>yoga_quality_check</c>: is the recording good enough to say something about a body?</summary>
internal static class QualityCheck
{
    public static QualityResult Run(Recording recording, QualityOptions options)
    {
        var (detection, confidence) = Seen(recording.Frames, options.JointDetection);
        var faults = TechnicalFaults(recording, options).ToList();
        if (detection < options.MinDetection) faults.Add($"Only {detection:P0} of the joints were seen; {options.MinDetection:P0} are needed. Keep the whole body in the picture, with nothing in front of it.");
        if (confidence < options.MinMeanConfidence) faults.Add($"The joints were seen with a confidence of {confidence:0.00}; {options.MinMeanConfidence:0.00} is needed. Take more light and clothes that stand out.");
        List<string> rejections = [];
        if (recording.UserConsent != true) rejections.Add("The user has not consented to the analysis.");
        if (recording.Duration > options.MaxSeconds) rejections.Add($"The recording lasts {recording.Duration:0.#} s; at most {options.MaxSeconds:0} s are analysed.");
        List<string> warnings = [.. rejections, .. faults];
        if (recording.Duration > options.AdvisedSeconds && recording.Duration <= options.MaxSeconds)
            warnings.Add($"The recording lasts {recording.Duration:0.#} s; clips of {options.MinSeconds:0} to {options.AdvisedSeconds:0} s are analysed best.");
        return new QualityResult(
            Score(recording, options, detection, confidence),
            rejections.Count > 0 ? ConfidenceGate.Reject : faults.Count > 0 ? ConfidenceGate.ReShoot : ConfidenceGate.Pass,
            warnings,
            [.. rejections, .. faults],
            detection,
            confidence,
            new PrivacyReceipt(recording.UserConsent == true, recording.Frames.Count, ImagesReceived: false, "keypoints"));
    }

    /// <summary>The detected part of the key joints, and the mean confidence of those.</summary>
    private static (double Detection, double Confidence) Seen(IReadOnlyList<Frame> frames, double detection)
    {
        var seen = frames.SelectMany(frame => Joints.Key.Select(joint => frame.Find(joint, detection))).OfType<Joint>().ToList();
        // Rounded before anything is compared: the mean of many 0.6 is a little less, in floating point.
        return seen.Count == 0 ? (0, 0) : (Math.Round((double)seen.Count / (frames.Count * Joints.Key.Count), 4), Math.Round(seen.Average(joint => joint.Confidence), 4));
    }

    private static IEnumerable<string> TechnicalFaults(Recording recording, QualityOptions options)
    {
        if (recording.Duration < options.MinSeconds) yield return $"The recording lasts {recording.Duration:0.#} s; at least {options.MinSeconds:0} s are needed.";
        if (recording.Frames.Count < options.MinFrames) yield return $"The recording has {recording.Frames.Count} frames; at least {options.MinFrames} are needed.";
        if (recording.Fps < options.MinFps) yield return $"The recording has {recording.Fps:0.#} frames a second; at least {options.MinFps:0} are needed.";
        if (recording.VideoMetadata?.Resolution is { } resolution && !IsLargeEnough(resolution, options))
            yield return $"The picture has {resolution} pixels; at least {options.MinWidth}x{options.MinHeight} are needed.";
    }

    /// <summary>Held upright, a telephone's picture is as good.</summary>
    private static bool IsLargeEnough(string resolution, QualityOptions options)
    {
        var parts = resolution.Split('x');
        if (parts.Length != 2 || !int.TryParse(parts[0], CultureInfo.InvariantCulture, out var width) || !int.TryParse(parts[1], CultureInfo.InvariantCulture, out var height)) return false;
        return Math.Max(width, height) >= options.MinWidth && Math.Min(width, height) >= options.MinHeight;
    }

    /// <summary>0..1: what was seen counts 40 %, how surely 40 %, and how many of length, frames and rate suffice 20 %.</summary>
    private static double Score(Recording recording, QualityOptions options, double detection, double confidence)
    {
        bool[] technical = [recording.Duration >= options.MinSeconds, recording.Frames.Count >= options.MinFrames, recording.Fps >= options.MinFps];
        return Math.Round(0.4 * detection + 0.4 * confidence + 0.2 * technical.Count(good => good) / technical.Length, 4);
    }
}
