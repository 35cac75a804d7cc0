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

        var events = Due(state, c.At);
        return events.Count == 0 ? Decision.Unchanged.Instance : new Decision.Accepted(events);
    }

    /// <summary>All that is due at a time: the start, dependencies that are met, and sleeping steps that complete.</summary>
    private static List<JobEvent> Due(JobState state, DateTimeOffset at)
    {
        var events = new List<JobEvent>();
        if (state.Status == JobStatus.Approved) Raise(AfterApproval(state, at));
        if (state.Status == JobStatus.Scheduled && (state.Spec.StartAt is not { } startAt || startAt <= at))
            Raise(state.OpenDependencies.IsEmpty ? new JobEvent.Queued(at) : new JobEvent.Waiting(at));
        if (state.Status == JobStatus.Waiting && state.OpenDependencies.IsEmpty) Raise(new JobEvent.Queued(at));
        foreach (var timer in state.Timers)
        {
            if (timer.At > at || state.Status.IsTerminal()) break;
            var step = state.ItemOrStep(timer.Step, timer.Item);
            if (!step.IsSleeping) continue;
            var key = new StepKey(state.Plan.Steps[timer.Step].Id, timer.Item < 0 ? null : timer.Item);
            foreach (var @event in Completion(state, key, step.Attempt, step.Output, artifacts: null, at)) Raise(@event);
        }

        return events;

        void Raise(JobEvent @event)
        {
            events.Add(@event);
            state = state.Evolve(@event);
        }
    }
}
