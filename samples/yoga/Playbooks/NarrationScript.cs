using Yoga.Library;

namespace Yoga.Playbooks;

internal sealed record Feedback(string FocusPoint, string Observation, string Adjustment, string SelfCheck, string SafetyNote);

/// <param name="Time">Seconds of the recording.</param>
internal sealed record Cue(double Time, string Text);

/// <param name="FurtherFeedback">The second focus point, if two are wanted and two were found.</param>
internal sealed record NarrationResult(Feedback MainFeedback, IReadOnlyList<Feedback> FurtherFeedback, IReadOnlyList<string> AlternativePaths, IReadOnlyList<Cue> OnScreenCues);

/// <summary>Playbook 6, <c>yoga_narration_script</c>: what the teacher says. One focus point, since nobody corrects five things at once; two at the most.</summary>
internal static class NarrationScript
{
    public const int LimitFocusPoints = 2;

    public static NarrationResult Run(IReadOnlyList<Segment> segments, SafetyResult safety, IReadOnlyList<Asana> library, CoachingOptions options)
    {
        var focus = safety.AllowedActions.GiveAdjustments ? safety.PrioritizedEvents.Take(Math.Clamp(options.FocusPoints, 1, LimitFocusPoints)).ToList() : [];
        var practised = segments.Select(segment => library.First(asana => asana.AsanaId == segment.AsanaId)).Distinct().ToList();
        var feedback = focus.Select(@event => FeedbackOn(@event, practised.First(asana => asana.AsanaId == @event.AsanaId))).DefaultIfEmpty(WithoutFocus(safety, practised[0])).ToList();
        return new NarrationResult(
            feedback[0],
            [.. feedback.Skip(1)],
            safety.AllowedActions.SafetyLabel == SafetyLabel.Green ? [] : [.. practised.Select(asana => $"{asana.Name}: {asana.Easier}")],
            [.. focus.Select(@event => new Cue(@event.Time, @event.Cue))]);
    }

    private static Feedback FeedbackOn(PoseEvent @event, Asana asana) => new(
        @event.Name,
        Observation(@event, asana),
        @event.Cue,
        @event.Type == "stability" ? "Count three breaths without moving your feet." : $"Look into a mirror, or at your next recording: {Words(@event.Name)}.",
        asana.SafetyNote);

    private static string Observation(PoseEvent @event, Asana asana) => @event.Type switch
    {
        "angle" => $"In {asana.Name} your {Words(@event.Name)} was at {@event.Measured:0} degrees; the pose asks for {@event.Target:0}.",
        "symmetry" => $"In {asana.Name} your {Words(@event.Name)}s differed by {@event.Measured:0} degrees.",
        _ => $"In {asana.Name} you swayed by {@event.Measured:P0} of the length of your back.",
    };

    private static Feedback WithoutFocus(SafetyResult safety, Asana asana) => safety.PainStatus.Reported
        ? new Feedback("rest", safety.AllowedActions.Reason, "Stop here, and rest.", "Wait until the pain is gone; see a doctor if it stays.", asana.SafetyNote)
        : new Feedback("keep", $"{asana.Name} was held as it should be.", "Keep it.", "Hold it for one breath more the next time.", asana.SafetyNote);

    private static string Words(string name) => name.Replace('_', ' ');
}
