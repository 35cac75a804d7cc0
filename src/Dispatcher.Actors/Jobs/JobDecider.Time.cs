namespace Dispatcher.Jobs;

/// <summary>What happens to a job because time passes.</summary>
public static partial class JobDecider
{
    private static Decision WakeUp(JobState state, JobCommand.WakeUp c)
    {
        if (state.Status.IsTerminal()) return Decision.Unchanged.Instance;
        if (state.DeadlineAt is { } deadline && deadline <= c.At)
        {
            var failure = Failure.Of(ErrorClass.Timeout, $"The job did not end within its timeout of {state.Plan.Timeout}.", "JOB_TIMEOUT");
            return Decision.Of(new JobEvent.Failed(failure, null, c.At));
        }

        if (state.ApprovalDeadlineAt <= c.At) return new Decision.Accepted(JobApprovalTimeout(state, c));
        var events = Due(state, c);
        return events.Count == 0 ? Decision.Unchanged.Instance : new Decision.Accepted(events);
    }

    /// <summary>All that is due at a time: the start, dependencies that are met, sleeping steps that complete, and waiting that has an end.</summary>
    private static List<JobEvent> Due(JobState state, JobCommand c)
    {
        var at = c.At;
        var events = new List<JobEvent>();
        if (state.Status == JobStatus.Approved) Raise(AfterApproval(state, c));
        if (state.Status == JobStatus.Scheduled && (state.Spec.StartAt is not { } startAt || startAt <= c.WallTime))
            Raise(state.OpenDependencies.IsEmpty ? new JobEvent.Queued(at) : new JobEvent.Waiting(at));
        if (state.Status == JobStatus.Waiting && state.OpenDependencies.IsEmpty) Raise(new JobEvent.Queued(at));
        foreach (var timer in state.Timers)
        {
            if (timer.At > at || state.Status.IsTerminal()) break;
            foreach (var @event in DueStep(state, new StepPlace(timer.Step, timer.Item), at)) Raise(@event);
        }

        return events;

        void Raise(JobEvent @event)
        {
            events.Add(@event);
            state = state.Evolve(@event);
        }
    }

    /// <summary>What the end of its time does to a step; nothing to one that is tried again, which needs admission.</summary>
    private static List<JobEvent> DueStep(JobState state, StepPlace place, DateTimeOffset at)
    {
        var (step, key) = (state.ItemOrStep(place.Step, place.Item), state.KeyOf(place));
        return step switch
        {
            { IsSleeping: true } => Completion(state, key, step.Attempt, step.Output, artifacts: null, at),
            { Waiting.What: AwaitKind.Approval } => StepApprovalTimeout(state, key, step, at),
            { Waiting.What: AwaitKind.Child } => AttemptFailure(state, key, step.Attempt, Failure.Of(ErrorClass.Timeout, $"The child job {step.Waiting.Child} did not end in time.", "TIMEOUT"), at),
            _ => [],
        };
    }
}
