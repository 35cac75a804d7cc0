namespace Dispatcher.Jobs;

/// <summary>What must hold in every state that events can reach; asserted when a job is loaded and by the property tests.</summary>
public static class JobInvariants
{
    /// <summary>The broken invariants, as sentences; none if all hold.</summary>
    public static IEnumerable<string> Broken(JobState state)
    {
        if (state.Status == JobStatus.None) yield break;
        if (state.Steps.Length != state.Plan.Steps.Length) yield return "The job has another number of steps than its plan.";
        if (state.Status.IsTerminal())
        {
            if (!state.Timers.IsEmpty) yield return "An ended job has timers.";
            if (!state.Awaited.IsEmpty || state.Waits != default) yield return "An ended job waits for somebody.";
            if (state.EndedAt is null) yield return "An ended job has no end time.";
            foreach (var (step, plan) in state.Steps.Zip(state.Plan.Steps))
            {
                if (!step.Status.IsTerminal()) yield return $"The job ended, and its step {plan.Id} is {step.Status.ToText()}.";
                if (step.FanOut?.Items.Exists(item => !item.Status.IsTerminal()) == true) yield return $"The job ended, and its step {plan.Id} has an open item.";
            }
        }

        if (state.Status == JobStatus.Completed && state.Steps.Any(step => step.Status is StepStatus.Cancelled or StepStatus.Pending))
            yield return "A completed job has a step that did not end by itself.";
        if (state.Status == JobStatus.Scheduled && state.Spec.StartAt is null) yield return "A scheduled job has no start time.";
        if (state.Status == JobStatus.Waiting && state.OpenDependencies.IsEmpty) yield return "A waiting job waits for nothing.";
        if (state.Status == JobStatus.Paused && state.PausedBy is null) yield return "A paused job does not say who paused it.";
        if (state.Wait is { Kind: JobWaitKind.Time, Until: null }) yield return "A sleeping job has no wake-up time.";
        foreach (var timer in state.Timers)
        {
            if (state.ItemOrStep(timer.Step, timer.Item).DueAt != timer.At) yield return "A timer belongs to no step.";
        }

        foreach (var broken in BrokenWaits(state)) yield return broken;
        foreach (var (step, plan) in state.Steps.Zip(state.Plan.Steps))
        {
            if (step.FanOut is not { } fanOut) continue;
            if (fanOut.Completed != fanOut.Items.Count(item => item.Status == StepStatus.Completed)) yield return $"The completed items of {plan.Id} are miscounted.";
            if (fanOut.Failed != fanOut.Items.Count(item => item.Status == StepStatus.Failed)) yield return $"The failed items of {plan.Id} are miscounted.";
            if (fanOut.Items.Count > fanOut.Total) yield return $"The step {plan.Id} has more items than it was expanded to.";
        }
    }

    /// <summary>Those that wait for somebody are listed and counted, and each says for whom.</summary>
    private static IEnumerable<string> BrokenWaits(JobState state)
    {
        var counts = default(WaitCounts);
        foreach (var place in state.Awaited)
        {
            var step = state.ItemOrStep(place.Step, place.Item);
            if (step is not { Status: StepStatus.Running, Waiting: not null, IsSleeping: false }) yield return $"Step {state.KeyOf(place)} is listed as waiting for somebody and does not.";
            if (step.Waiting is { What: AwaitKind.Child, Child: null }) yield return $"Step {state.KeyOf(place)} waits for a child without a name.";
            counts = counts.Plus(step, 1);
        }

        if (counts != state.Waits) yield return $"The waiting steps are counted {state.Waits} and are {counts}.";
        var unlisted = state.Steps.Sum(step => (step.Waiting is null ? 0 : 1) + (step.FanOut?.Items.Count(item => item.Waiting is not null) ?? 0)) - state.Awaited.Count;
        if (unlisted != 0) yield return $"{unlisted} steps wait for somebody and are not listed.";
    }
}
