using Dispatcher.Jobs;

namespace Dispatcher.JobActors.Explaining;

/// <summary>Says why a job is not running now, since when, and what would make it go on. Pure: the same facts give the same answer.</summary>
public static class JobWhy
{
    /// <summary>What an open step says matters for the whole job in this order.</summary>
    private static readonly string[] Order =
        [WhyReason.Running, WhyReason.Worker, WhyReason.Admission, WhyReason.Ready, WhyReason.Retry, WhyReason.Approval, WhyReason.Child, WhyReason.Time, WhyReason.Lost];

    public static JobExplanation Explain(JobFacts facts)
    {
        var steps = StepWhy.Explain(facts);
        var answer = OfStatus(facts) ?? OfSteps(facts, steps);
        var first = steps.Where(step => step.Position is not null).MinBy(step => step.Position);
        return answer with { Steps = [.. steps], Position = first?.Position, EstimatedStart = first?.EstimatedStart };
    }

    /// <summary>The answer for a job that could not even be read.</summary>
    public static JobExplanation Unreadable(string parked) =>
        new(WhyReason.Handler, $"It is parked: {parked}", null, null, "a version of the program that knows this comes");

    private static JobExplanation? OfStatus(JobFacts facts)
    {
        var state = facts.State;
        return state.Status switch
        {
            JobStatus.Completed or JobStatus.Failed or JobStatus.Cancelled => Ended(state),
            _ when facts.Parked is { } parked => new JobExplanation(WhyReason.Handler, $"It is parked: {parked}", state.UpdatedAt, null, "a process that has the handler takes it up"),
            JobStatus.Pending => Pending(facts),
            JobStatus.Paused => new JobExplanation(
                WhyReason.Pause, $"It was paused by {state.PausedBy?.Name ?? "somebody"}{Because(state.Reason)}.", facts.Times.Paused ?? state.UpdatedAt, null, "somebody resumes it"),
            JobStatus.Waiting => Waiting(facts),
            JobStatus.Scheduled => new JobExplanation(
                WhyReason.Time, $"It starts at {facts.Write(state.Spec.StartAt!.Value)}.", facts.Times.Status ?? state.CreatedAt, state.Spec.StartAt, "that time has come"),
            _ => null,
        };
    }

    private static JobExplanation Ended(JobState state)
    {
        var cause = state.Failure is { } failure ? $": {FailureText(failure)}" : Because(state.Reason);
        return new JobExplanation(
            WhyReason.Ended, $"It has ended; it is {state.Status.ToText()}{cause}.", state.EndedAt ?? state.UpdatedAt, null, "never by itself: it has ended");
    }

    private static JobExplanation Pending(JobFacts facts)
    {
        var (deadline, becomes) = (facts.State.ApprovalDeadlineAt, facts.State.Plan.ApprovalOnTimeout == OnTimeout.Approve ? "approved" : "rejected");
        return deadline is { } at
            ? new JobExplanation(WhyReason.Approval, $"It waits for somebody's approval; at {facts.Write(at)} it is {becomes} without.", facts.State.CreatedAt, at, "somebody approves it")
            : new JobExplanation(WhyReason.Approval, "It waits for somebody's approval.", facts.State.CreatedAt, null, "somebody approves it");
    }

    private static JobExplanation Waiting(JobFacts facts)
    {
        var jobs = string.Join(", ", facts.State.OpenDependencies.Select(id => $"{id} ({(facts.Related.TryGetValue(id, out var status) ? status.ToText() : "not here yet")})"));
        return new JobExplanation(WhyReason.Dependencies, $"It waits for other jobs to complete: {jobs}.", facts.Times.Status ?? facts.State.CreatedAt, null, "they have completed");
    }

    private static JobExplanation OfSteps(JobFacts facts, IReadOnlyList<StepExplanation> steps)
    {
        var first = steps.MinBy(step => (Array.IndexOf(Order, step.Reason), step.Until ?? DateTimeOffset.MinValue));
        if (first is null) return new JobExplanation(WhyReason.Ready, "It is about to go on.", facts.State.UpdatedAt, null, "nothing is missing");
        var others = steps.Count > 1 ? $" (and {steps.Count - 1} more, below)" : "";
        var sentence = first.Reason == WhyReason.Running ? $"It is running: {first.Sentence}" : char.ToUpperInvariant(first.Sentence[0]) + first.Sentence[1..];
        return new JobExplanation(first.Reason, $"{sentence}{others}.", first.Since, first.Until, GoesOnWhen(first.Reason));
    }

    private static string GoesOnWhen(string reason) => reason switch
    {
        WhyReason.Running => "it runs",
        WhyReason.Worker => "a worker takes the step",
        WhyReason.Admission => "the stage has a place and its start delay and rate allow it",
        WhyReason.Ready => "nothing is missing",
        WhyReason.Approval => "somebody approves or rejects the step",
        WhyReason.Child => "that job has ended",
        WhyReason.Lost => "a process takes the job up",
        _ => "that time has come",
    };

    internal static string FailureText(Failure failure) => failure.Code is { } code ? $"{code}: {failure.Message}" : failure.Message;

    private static string Because(string? reason) => string.IsNullOrEmpty(reason) ? "" : $": {reason}";
}
