using Yoga.Library;

namespace Yoga.Playbooks;

public enum Trend
{
    Improving,
    Stable,
    Degrading,
}

/// <param name="TotalDuration">Seconds of the recording.</param>
/// <param name="Score">0..1: what the practice was like.</param>
internal sealed record ReportSummary(
    double TotalDuration, int SegmentsAnalyzed, SafetyLabel OverallSafety, int TotalEvents, int RedEvents, int YellowEvents, double AnalysedSeconds, double Score);

internal sealed record SessionPlan(string Focus, IReadOnlyList<string> Asanas, int Minutes);

internal sealed record ProgressTracking(Trend Trend, double Score, double? PreviousScore);

internal sealed record ReportResult(
    ReportSummary Summary, IReadOnlyList<string> ThreeKeyPoints, string OneAvoidPoint, SessionPlan NextSessionPlan, ProgressTracking ProgressTracking);

/// <summary>Playbook 7, <c>yoga_session_report</c>: the session on one page.</summary>
internal static class SessionReport
{
    public static ReportResult Run(
        double duration, SegmentationResult segmentation, AssessmentSummary assessment, SafetyResult safety, NarrationResult narration, IReadOnlyList<double> previousScores,
        IReadOnlyList<Asana> library, ReportOptions options)
    {
        var practised = segmentation.Segments.Select(segment => library.First(asana => asana.AsanaId == segment.AsanaId)).Distinct().ToList();
        var score = Score(assessment);
        return new ReportResult(
            new ReportSummary(
                Math.Round(duration, 3), assessment.TotalSegments, safety.AllowedActions.SafetyLabel, assessment.TotalEvents, assessment.RedEvents, assessment.YellowEvents,
                segmentation.AnalysedSeconds, score),
            KeyPoints(segmentation, safety, practised),
            safety.PainStatus.Reported ? "Do not practise on while it hurts." : practised.Find(asana => asana.AsanaId == safety.PrioritizedEvents.FirstOrDefault()?.AsanaId)?.SafetyNote ?? practised[0].SafetyNote,
            Plan(safety, narration, practised, library),
            new ProgressTracking(TrendOf(score, previousScores, options), score, previousScores.Count > 0 ? previousScores[^1] : null));
    }

    /// <summary>1 without events; each event takes a part of what a segment is worth: a yellow one a quarter, a red one a half.</summary>
    public static double Score(AssessmentSummary assessment) =>
        assessment.TotalSegments == 0 ? 0 : Math.Round(Math.Max(0, 1 - (0.5 * assessment.RedEvents + 0.25 * assessment.YellowEvents) / assessment.TotalSegments), 4);

    /// <summary>Against the mean of the last three sessions.</summary>
    public static Trend TrendOf(double score, IReadOnlyList<double> previousScores, ReportOptions options)
    {
        if (previousScores.Count == 0) return Trend.Stable;
        var change = score - previousScores.TakeLast(3).Average();
        return change > options.TrendBand ? Trend.Improving : change < -options.TrendBand ? Trend.Degrading : Trend.Stable;
    }

    private static List<string> KeyPoints(SegmentationResult segmentation, SafetyResult safety, List<Asana> practised)
    {
        List<string> points = [.. safety.PrioritizedEvents.Select(@event => @event.Cue).Distinct(StringComparer.Ordinal).Take(3)];
        var longest = segmentation.Segments.MaxBy(segment => segment.Seconds)!;
        string[] others =
        [
            $"You held {practised.Find(asana => asana.AsanaId == longest.AsanaId)!.Name} for {longest.Phases.Hold.End - longest.Phases.Hold.Start:0.#} seconds.",
            $"{segmentation.Segments.Count} {(segmentation.Segments.Count == 1 ? "pose was" : "poses were")} analysed.",
            safety.AllowedActions.Reason,
        ];
        points.AddRange(others.Take(3 - points.Count));
        return points;
    }

    private static SessionPlan Plan(SafetyResult safety, NarrationResult narration, List<Asana> practised, IReadOnlyList<Asana> library)
    {
        var next = library.FirstOrDefault(asana => !practised.Contains(asana));
        return safety.AllowedActions switch
        {
            { ContinuePractice: false, RepeatPose: false } => new SessionPlan("rest", [], 0),
            { AdvanceLevel: true } when next is not null => new SessionPlan("something new", [.. practised.Select(asana => asana.AsanaId), next.AsanaId], 20),
            _ => new SessionPlan(narration.MainFeedback.FocusPoint, [.. practised.Select(asana => asana.AsanaId)], 15),
        };
    }
}
