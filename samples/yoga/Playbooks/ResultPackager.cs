namespace Yoga.Playbooks;

/// <summary>How a job's analysis ended; each of them completes the job.</summary>
public enum Outcome
{
    Analyzed,
    Reject,
    ReShoot,
    NotInLibrary,
}

/// <summary>The first thing that the user sees.</summary>
internal sealed record MainCard(string Title, string Text, SafetyLabel? SafetyLabel);

/// <summary>What a channel delivers.</summary>
/// <param name="ShareLink">The job's status, where people open results. Whoever opens it needs what any reader of a status needs.</param>
/// <param name="ShareLinkExpiresAt">Until when a page in front of it should show it.</param>
internal sealed record DeliveryBundle(MainCard MainCard, IReadOnlyList<PlaylistItem> Playlists, string ShareLink, DateTimeOffset ShareLinkExpiresAt);

internal sealed record PackageResult(Outcome Outcome, DeliveryBundle DeliveryBundle);

/// <summary><c>yogacoach_result_packager</c>: one card, what to watch, and a link.</summary>
internal static class ResultPackager
{
    public static PackageResult Run(
        QualityResult quality, SegmentationResult? segmentation, SafetyResult? safety, CoachResult? coach, NarrationResult? narration,
        string jobId, string shareUrl, DateTimeOffset now, PackageOptions options)
    {
        var outcome = OutcomeOf(quality, segmentation);
        return new PackageResult(outcome, new DeliveryBundle(
            CardOf(outcome, quality, safety, narration),
            coach?.Playlist ?? [],
            $"{shareUrl}/api/yogacoach/jobs/{jobId}/status",
            now.AddHours(options.ShareLinkHours)));
    }

    private static Outcome OutcomeOf(QualityResult quality, SegmentationResult? segmentation) => quality.ConfidenceGate switch
    {
        ConfidenceGate.Reject => Outcome.Reject,
        ConfidenceGate.ReShoot => Outcome.ReShoot,
        _ => segmentation is { Recognized: true } ? Outcome.Analyzed : Outcome.NotInLibrary,
    };

    private static MainCard CardOf(Outcome outcome, QualityResult quality, SafetyResult? safety, NarrationResult? narration) => outcome switch
    {
        Outcome.Reject => new MainCard("This recording cannot be analysed", string.Join(' ', quality.Guidance), null),
        Outcome.ReShoot => new MainCard("Please record it once more", string.Join(' ', quality.Guidance), null),
        Outcome.NotInLibrary => new MainCard("No pose was recognized", "None of the poses that your teacher has in the library was held for long enough.", null),
        _ => new MainCard("Your practice", $"{narration!.MainFeedback.Observation} {narration.MainFeedback.Adjustment}", safety!.AllowedActions.SafetyLabel),
    };
}
