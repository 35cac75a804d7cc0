using Dispatcher.Jobs;

namespace Dispatcher.JobActors.Explaining;

/// <summary>What each open step of a job does or waits for.</summary>
internal static class StepWhy
{
    /// <summary>In the order of the workflow; none of a job that has ended.</summary>
    public static IReadOnlyList<StepExplanation> Explain(JobFacts facts)
    {
        var state = facts.State;
        if (state.Status.IsTerminal()) return [];
        var found = new List<StepExplanation>();
        for (var i = 0; i < state.Steps.Length; i++)
        {
            var (step, plan) = (state.Steps[i], state.Plan.Steps[i]);
            if (step is { Status: StepStatus.Running, FanOut: { IsDone: false } fanOut }) found.AddRange(OfItems(facts, plan, fanOut));
            else if (Of(facts, plan, new StepKey(plan.Id), step) is { } explained) found.Add(explained);
            else if (step.Status == StepStatus.Pending && state.NeedsMet(i) && state.Status.MayStartSteps())
                found.Add(new StepExplanation(new StepKey(plan.Id), WhyReason.Ready, $"step {plan.Id} is ready to start", state.UpdatedAt, null));
        }

        return found;
    }

    /// <summary>Items that share a reason are one line: ten thousand of them are no answer.</summary>
    private static IEnumerable<StepExplanation> OfItems(JobFacts facts, StepPlan plan, FanOut fanOut)
    {
        var open = fanOut.Items.Select((item, index) => Of(facts, plan, new StepKey(plan.Id, index), item)).OfType<StepExplanation>();
        foreach (var group in open.GroupBy(item => item.Reason, StringComparer.Ordinal))
        {
            var earliest = group.MinBy(item => item.Position is { } position ? (0, position, default) : (1, 0, item.Until ?? item.Since))!;
            var count = group.Count();
            yield return count == 1 ? earliest : earliest with { Sentence = $"{earliest.Sentence}, as do {count - 1} more of its items", Items = count };
        }
    }

    private static StepExplanation? Of(JobFacts facts, StepPlan plan, StepKey key, StepState step)
    {
        var since = facts.Times.Step(key) ?? (step.Status == StepStatus.Running ? step.StartedAt : null) ?? facts.State.UpdatedAt;
        return step switch
        {
            { IsSleeping: true } => new StepExplanation(key, WhyReason.Time, $"step {key} waits until {facts.Write(step.DueAt!.Value)}", since, step.DueAt),
            { Waiting.What: AwaitKind.Approval } => Approval(facts, key, step, since),
            { Waiting.What: AwaitKind.Child } => Child(facts, key, step, since),
            { IsExecuting: true } => Executing(facts, plan, key, step, since),
            { Status: StepStatus.Retrying } => new StepExplanation(
                key, WhyReason.Retry, $"step {key} is tried again at {facts.Write(step.DueAt ?? since)}, since attempt {step.Attempt} failed{Cause(step)}", since, step.DueAt),
            { Status: StepStatus.Queued } => Admission(facts, plan, key, since),
            _ => null,
        };
    }

    private static StepExplanation Approval(JobFacts facts, StepKey key, StepState step, DateTimeOffset since)
    {
        var prompt = string.IsNullOrEmpty(step.Waiting!.Prompt) ? "" : $": {step.Waiting.Prompt}";
        var becomes = step.Waiting.OnTimeout == OnTimeout.Approve ? "approved" : "rejected";
        var end = step.DueAt is { } at ? $"; at {facts.Write(at)} it is {becomes} without" : "";
        return new StepExplanation(key, WhyReason.Approval, $"step {key} waits for approval{prompt}{end}", since, step.DueAt);
    }

    private static StepExplanation Child(JobFacts facts, StepKey key, StepState step, DateTimeOffset since)
    {
        var child = step.Waiting!.Child!.Value;
        var status = facts.Related.TryGetValue(child, out var known) ? $" ({known.ToText()})" : "";
        return new StepExplanation(key, WhyReason.Child, $"step {key} waits for the job {child}{status}", since, step.DueAt) { Child = child };
    }

    private static StepExplanation Executing(JobFacts facts, StepPlan plan, StepKey key, StepState step, DateTimeOffset since)
    {
        // A lease that was given back is still the last one in the journal: the queue knows better.
        if (facts.WorkerWait(key) is { Worker: null } place)
            return new StepExplanation(key, WhyReason.Worker, $"{place.Sentence} (attempt {step.Attempt})", since, null) { Position = place.Before + 1 };
        if (step.Lease is { } lease)
            return new StepExplanation(key, WhyReason.Running, $"step {key} is with worker {lease.Worker} since {facts.Write(since)} (attempt {step.Attempt})", since, null) { Worker = lease.Worker };
        if (facts.IsExternal(plan.Handler))
            return new StepExplanation(key, WhyReason.Worker, $"step {key} waits for a worker to take it (attempt {step.Attempt})", since, null);
        return facts.IsHeld
            ? new StepExplanation(key, WhyReason.Running, $"step {key} runs since {facts.Write(since)} (attempt {step.Attempt})", since, null)
            : new StepExplanation(key, WhyReason.Lost, $"step {key} ran when its process ended (attempt {step.Attempt}); it is tried again", since, null);
    }

    private static StepExplanation Admission(JobFacts facts, StepPlan plan, StepKey key, DateTimeOffset since)
    {
        var place = facts.Waits.FirstOrDefault(wait => wait.Step == key)?.Wait;
        var detail = place is null ? "" : $": {place.Sentence.TrimEnd('.')}";
        return new StepExplanation(key, WhyReason.Admission, $"step {key} waits for admission to stage {plan.Stage}{detail}", since, null)
        {
            Stage = plan.Stage,
            Position = place?.Position,
            EstimatedStart = place?.EstimatedStart,
        };
    }

    private static string Cause(StepState step) => step.Failure is { } failure ? $" ({JobWhy.FailureText(failure)})" : "";
}
