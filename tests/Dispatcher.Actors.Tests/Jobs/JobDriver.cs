using Dispatcher.Jobs;
using static Dispatcher.Actors.Tests.Jobs.JobSpecification;

namespace Dispatcher.Actors.Tests.Jobs;

/// <summary>Does the obvious next thing for a job until it ends: the engine and its users, without either.</summary>
internal static class JobDriver
{
    /// <summary>More commands than any random job needs.</summary>
    private const int CommandLimit = 500;

    /// <summary>The job's last state; null when it did not end.</summary>
    public static JobState? DriveToTheEnd(JobState state, Func<bool> attemptFails)
    {
        for (var given = 0; given < CommandLimit; given++)
        {
            if (state.Status.IsTerminal()) return state;
            var at = state.Wait.Until > state.UpdatedAt ? state.Wait.Until.Value : state.UpdatedAt;
            if (Next(state, at, attemptFails) is not { } events) return null;
            state = events.Aggregate(state, (before, e) => before.Evolve(e));
        }

        return null;
    }

    /// <summary>True when a job that calls itself active has something that runs, or that may be started, expanded or ended now.</summary>
    public static bool CanGoOn(JobState state) =>
        state.HasExecutingSteps || state.Waits.Uncreated > 0 || Starts(state, state.UpdatedAt).Any(command => JobDecider.Decide(state, command) is Decision.Accepted);

    private static IReadOnlyList<JobEvent>? Next(JobState state, DateTimeOffset at, Func<bool> attemptFails) =>
        Obvious(state, at).Concat(Starts(state, at)).Concat(Ends(state, at, attemptFails))
            .Select(command => JobDecider.Decide(state, command)).OfType<Decision.Accepted>().FirstOrDefault()?.Events;

    /// <summary>What people and other jobs do, and what time does.</summary>
    private static IEnumerable<JobCommand> Obvious(JobState state, DateTimeOffset at)
    {
        yield return new JobCommand.WakeUp(at);
        if (state.Status == JobStatus.Pending) yield return new JobCommand.Approve(Ada, null, at);
        foreach (var key in state.StepsAwaiting(AwaitKind.Approval)) yield return new JobCommand.ApproveStep(key, Ada, null, at);
        foreach (var key in state.StepsAwaiting(AwaitKind.Child))
        {
            var child = state.Find(key)!.Waiting!.Child!.Value;
            yield return new JobCommand.ConfirmChild(key, child, at);
            yield return new JobCommand.EndChild(key, child, JobStatus.Completed, null, null, at);
        }

        if (state.Wait.Kind == JobWaitKind.Pause) yield return new JobCommand.Resume(Ada, null, at);
        foreach (var dependency in state.OpenDependencies.Distinct()) yield return new JobCommand.ResolveDependency(dependency, JobStatus.Completed, at);
    }

    private static IEnumerable<JobCommand> Starts(JobState state, DateTimeOffset at)
    {
        foreach (var plan in state.Plan.Steps)
        {
            var key = new StepKey(plan.Id);
            if (plan.IsFanOut) yield return new JobCommand.ExpandStep(plan.Id, 2, at);
            else yield return new JobCommand.StartStep(key, at);
            for (var item = 0; item <= state.Find(key)?.FanOut?.Next; item++) yield return new JobCommand.StartStep(new StepKey(plan.Id, item), at);
        }

        yield return new JobCommand.Complete(null, at);
    }

    private static IEnumerable<JobCommand> Ends(JobState state, DateTimeOffset at, Func<bool> attemptFails)
    {
        foreach (var (step, plan) in state.Steps.Zip(state.Plan.Steps))
        {
            var keys = step.FanOut is { } fanOut ? Enumerable.Range(0, fanOut.Next).Select(item => new StepKey(plan.Id, item)) : [new StepKey(plan.Id)];
            foreach (var key in keys.Where(key => state.Find(key)!.IsExecuting))
            {
                var attempt = state.Find(key)!.Attempt;
                yield return attemptFails()
                    ? new JobCommand.FailStep(key, attempt, new Failure(ErrorClass.Transient, "broken"), at)
                    : new JobCommand.CompleteStep(key, attempt, null, [], at);
            }
        }
    }
}
