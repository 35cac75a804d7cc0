using Yoga.Keypoints;

namespace Yoga.Playbooks;

public enum SafetyLabel
{
    Green,
    Yellow,
    Red,
}

public enum ConfidenceLevel
{
    High,
    Medium,
    Low,
}

/// <summary>What the user may be told to do.</summary>
internal sealed record AllowedActions(
    bool ContinuePractice, bool RepeatPose, bool HoldLonger, bool DeepenPose, bool AdvanceLevel, bool GiveAdjustments, SafetyLabel SafetyLabel, string Reason);

/// <param name="VideoConfidence">The mean confidence of the joints, 0..1.</param>
/// <param name="UnsureEvents">The part of the events that were measured by unsure joints, 0..1.</param>
internal sealed record ConfidenceAssessment(ConfidenceLevel Level, double VideoConfidence, double UnsureEvents);

internal sealed record PainStatus(bool Reported, IReadOnlyList<string> Areas);

/// <param name="PrioritizedEvents">Red ones first, then by how far they are off.</param>
internal sealed record SafetyResult(AllowedActions AllowedActions, IReadOnlyList<PoseEvent> PrioritizedEvents, ConfidenceAssessment ConfidenceAssessment, PainStatus PainStatus);

/// <summary>Playbook 4, <c>yoga_safety_engine</c>: runs also when there are no events, and then allows everything.</summary>
internal static class SafetyEngine
{
    public static SafetyResult Run(IReadOnlyList<PoseEvent> events, double videoConfidence, PainReport? pain, SafetyOptions options)
    {
        var confidence = Confidence(events, videoConfidence, options);
        var painStatus = new PainStatus(pain?.Reported == true, pain?.Areas ?? []);
        var (label, reason) = Label(events, confidence, painStatus);
        return new SafetyResult(
            Actions(label, painStatus.Reported, reason),
            [.. events.OrderByDescending(@event => @event.Severity).ThenByDescending(@event => @event.Value).ThenBy(@event => @event.EventId, StringComparer.Ordinal)],
            confidence,
            painStatus);
    }

    private static ConfidenceAssessment Confidence(IReadOnlyList<PoseEvent> events, double video, SafetyOptions options)
    {
        var unsure = events.Count == 0 ? 0 : (double)events.Count(@event => @event.Confidence < options.MediumConfidence) / events.Count;
        var level = video < options.LowConfidence ? ConfidenceLevel.Low
            : video < options.MediumConfidence || unsure > options.UnsureEvents ? ConfidenceLevel.Medium
            : ConfidenceLevel.High;
        return new ConfidenceAssessment(level, video, Math.Round(unsure, 4));
    }

    private static (SafetyLabel Label, string Reason) Label(IReadOnlyList<PoseEvent> events, ConfidenceAssessment confidence, PainStatus pain)
    {
        if (pain.Reported) return (SafetyLabel.Red, pain.Areas.Count == 0 ? "Pain was reported." : $"Pain was reported: {string.Join(", ", pain.Areas)}.");
        if (events.Where(@event => @event.Severity == Severity.Red).MaxBy(@event => @event.Value) is { } red) return (SafetyLabel.Red, $"{red.Name} was off by {red.Value:0.0} times what is tolerated.");
        if (events.Count > 0) return (SafetyLabel.Yellow, $"{events.Count} {(events.Count == 1 ? "thing" : "things")} to adjust, none of them dangerous.");
        if (confidence.Level == ConfidenceLevel.Low) return (SafetyLabel.Yellow, "The joints were seen too unsurely to call the practice safe.");
        return (SafetyLabel.Green, "No deviation was seen.");
    }

    private static AllowedActions Actions(SafetyLabel label, bool pain, string reason) => label switch
    {
        SafetyLabel.Green => new AllowedActions(true, true, true, true, true, true, label, reason),
        SafetyLabel.Yellow => new AllowedActions(true, true, true, DeepenPose: false, AdvanceLevel: false, true, label, reason),
        // Who is in pain stops; who only stands badly may try the pose again with corrections.
        _ => new AllowedActions(false, RepeatPose: !pain, false, false, false, GiveAdjustments: !pain, label, reason),
    };
}
