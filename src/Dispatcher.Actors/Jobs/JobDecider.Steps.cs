using System.Collections.Immutable;
using System.Text.Json;

namespace Dispatcher.Jobs;

/// <summary>The law of steps and items.</summary>
public static partial class JobDecider
{
    private static Decision QueueStep(JobState state, JobCommand.QueueStep c)
    {
        if (!state.Status.MayStartSteps()) return Decision.Unchanged.Instance;
        if (NotStartable(state, c.Step, c.At) is { } rejection) return new Decision.Rejected(rejection);
        return state.Find(c.Step)!.Status == StepStatus.Queued
            ? Decision.Unchanged.Instance
            : Decision.Of(new JobEvent.StepQueued(c.Step.Id, c.Step.Item, c.At));
    }

    private static Decision StartStep(JobState state, JobCommand.StartStep c)
    {
        if (!state.Status.MayStartSteps()) return Decision.Refuse("invalid-status", $"No step may start while the job is {state.Status.ToText()}.");
        if (NotStartable(state, c.Step, c.At) is { } rejection) return new Decision.Rejected(rejection);
        var started = new JobEvent.StepStarted(c.Step.Id, c.Step.Item, state.Find(c.Step)!.Attempt + 1, c.At);
        return state.Status == JobStatus.Running ? Decision.Of(started) : Decision.Of(new JobEvent.Started(c.At), started);
    }

    /// <summary>Why a step or item may not be queued or started now; null if it may.</summary>
    private static Rejection? NotStartable(JobState state, StepKey key, DateTimeOffset at)
    {
        if (state.Find(key) is not { } target) return Unknown(key);
        if (target.Status is not (StepStatus.Pending or StepStatus.Queued or StepStatus.Retrying))
            return new Rejection("invalid-step-status", $"Step {key} is {target.Status.ToText()}.");
        if (target.Status == StepStatus.Retrying && target.DueAt > at) return new Rejection("not-due", $"Step {key} is tried again at {target.DueAt:O}.");
        var index = state.Plan.IndexOf(key.Id);
        var step = state.Steps[index];
        if (key.Item is not { } item)
        {
            if (state.Plan.Steps[index].IsFanOut) return new Rejection("not-expanded", $"Step {key} runs by items; name one.");
            return state.NeedsMet(index) ? null : new Rejection("needs-open", $"Step {key} needs steps that did not end.");
        }

        if (OutOfOrder(step, key) is { } outOfOrder) return outOfOrder;
        return item == step.FanOut!.Next && state.IsAtItemLimit(index, step.FanOut)
            ? new Rejection("item-limit", $"Step {key.Id} runs at most {state.ItemLimit(index)} items at once.")
            : null;
    }

    /// <summary>Items are touched in their order, so that those without a state are the last ones.</summary>
    private static Rejection? OutOfOrder(StepState step, StepKey key) => step.FanOut is { } fanOut && key.Item > fanOut.Next
        ? new Rejection("out-of-order", $"Item {key.Item} of {key.Id} comes after item {fanOut.Next}, which did not start.")
        : null;

    private static Decision ExpandStep(JobState state, JobCommand.ExpandStep c)
    {
        if (!state.Status.MayStartSteps()) return Decision.Unchanged.Instance;
        if (!state.Plan.TryIndexOf(c.StepId, out var index) || !state.Plan.Steps[index].IsFanOut) return new Decision.Rejected(Unknown(new StepKey(c.StepId)));
        if (state.Steps[index].Status != StepStatus.Pending) return Decision.Unchanged.Instance;
        if (!state.NeedsMet(index)) return Decision.Refuse("needs-open", $"Step {c.StepId} needs steps that did not end.");
        if (c.Items > JobLimits.FanOutItems)
        {
            var failure = Failure.Of(ErrorClass.InvalidInput, $"for_each of step {c.StepId} has {c.Items:N0} items; at most {JobLimits.FanOutItems:N0} are allowed.", "TOO_MANY_ITEMS");
            return new Decision.Accepted(Begun(state, c.At, FinalFailure(state, new StepKey(c.StepId), 0, failure, c.At)));
        }

        List<JobEvent> events = [];
        events.Add(new JobEvent.StepExpanded(c.StepId, c.Items, c.At));
        if (c.Items == 0) events.Add(new JobEvent.StepCompleted(c.StepId, null, 0, null, null, c.At));
        return new Decision.Accepted(Begun(state, c.At, events));
    }

    private static Decision SkipStep(JobState state, JobCommand.SkipStep c)
    {
        if (!state.Plan.TryIndexOf(c.StepId, out var index)) return new Decision.Rejected(Unknown(new StepKey(c.StepId)));
        if (!state.Status.MayStartSteps() || state.Steps[index].Status != StepStatus.Pending) return Decision.Unchanged.Instance;
        return state.NeedsMet(index)
            ? Decision.Of(new JobEvent.StepSkipped(c.StepId, c.Reason, c.At))
            : Decision.Refuse("needs-open", $"Step {c.StepId} needs steps that did not end.");
    }

    private static Decision CompleteStep(JobState state, JobCommand.CompleteStep c)
    {
        if (!IsCurrentAttempt(state, c.Step, c.Attempt)) return Decision.Unchanged.Instance;
        if (PayloadTooBig($"The output of step {c.Step}", c.Output) is { } tooBig)
            return new Decision.Accepted(FinalFailure(state, c.Step, c.Attempt, Failure.Of(ErrorClass.Permanent, tooBig.Message, "OUTPUT_TOO_LARGE"), c.At));
        return new Decision.Accepted(Completion(state, c.Step, c.Attempt, JsonSize.NullAsAbsent(c.Output), c.Artifacts.IsDefaultOrEmpty ? null : c.Artifacts, c.At));
    }

    private static List<JobEvent> Completion(
        JobState state, StepKey key, int attempt, JsonElement? output, ImmutableArray<ArtifactReference>? artifacts, DateTimeOffset at)
    {
        List<JobEvent> events = [new JobEvent.StepCompleted(key.Id, key.Item, attempt, output, artifacts, at)];
        if (key.Item is not null && IsLastOpenItem(state, key.Id)) events.Add(new JobEvent.StepCompleted(key.Id, null, 0, null, null, at));
        return events;
    }

    private static Decision SleepStep(JobState state, JobCommand.SleepStep c)
    {
        if (!IsCurrentAttempt(state, c.Step, c.Attempt)) return Decision.Unchanged.Instance;
        return PayloadTooBig($"The output of step {c.Step}", c.Output) is { } tooBig
            ? new Decision.Accepted(FinalFailure(state, c.Step, c.Attempt, Failure.Of(ErrorClass.Permanent, tooBig.Message, "OUTPUT_TOO_LARGE"), c.At))
            : Decision.Of(new JobEvent.StepSleeping(c.Step.Id, c.Step.Item, c.Attempt, c.Until, JsonSize.NullAsAbsent(c.Output), c.At));
    }

    private static Decision CheckpointStep(JobState state, JobCommand.CheckpointStep c)
    {
        if (!IsCurrentAttempt(state, c.Step, c.Attempt)) return Decision.Refuse("late", $"Attempt {c.Attempt} of step {c.Step} is over; its checkpoint is refused.");
        return Decision.Of(new JobEvent.StepCheckpointed(c.Step.Id, c.Step.Item, c.Attempt, c.Checkpoint, c.At));
    }

    private static Decision ReleaseStep(JobState state, JobCommand.ReleaseStep c) => IsCurrentAttempt(state, c.Step, c.Attempt)
        ? Decision.Of(new JobEvent.StepReleased(c.Step.Id, c.Step.Item, c.Attempt, c.At))
        : Decision.Unchanged.Instance;

    private static Decision FailStep(JobState state, JobCommand.FailStep c)
    {
        if (c.Attempt == 0) return FailUnstarted(state, c);
        return IsCurrentAttempt(state, c.Step, c.Attempt)
            ? new Decision.Accepted(AttemptFailure(state, c.Step, c.Attempt, c.Failure, c.At))
            : Decision.Unchanged.Instance;
    }

    /// <summary>An attempt has failed: it is followed by another one, or the step has failed for good.</summary>
    private static List<JobEvent> AttemptFailure(JobState state, StepKey key, int attempt, Failure failure, DateTimeOffset at)
    {
        var retry = state.Plan.Steps[state.Plan.IndexOf(key.Id)].Retry;
        if (!retry.Allows(failure, attempt)) return FinalFailure(state, key, attempt, failure, at);
        var delay = retry.DelayAfter(attempt, failure, Seed(state.Id, key));
        var step = state.Find(key)!;
        return retry.HasTimeFor(delay, at - (step.FirstStartedAt ?? step.StartedAt!.Value))
            ? [new JobEvent.StepRetrying(key.Id, key.Item, attempt, failure, at + delay, at)]
            : FinalFailure(state, key, attempt, OutOfTime(retry, attempt, failure), at);
    }

    /// <summary>The failure of an attempt that had others left and no time for them.</summary>
    private static Failure OutOfTime(RetryPolicy retry, int attempt, Failure failure) =>
        Failure.Of(failure.Class, $"Attempt {attempt} was the last, since the next would begin later than max_elapsed ({retry.MaxElapsed}) after the first: {failure.Message}", failure.Code);

    private static Decision RetryStep(JobState state, JobCommand.RetryStep c)
    {
        if (state.Status == JobStatus.Failed) return Recover(state, new JobCommand.Recover(c.Step.Id, c.By, c.Reason, c.At));
        if (state.Status.IsTerminal()) return WrongStatus(state, "tried again", "running or failed");
        if (state.Find(c.Step) is not { } step) return new Decision.Rejected(Unknown(c.Step));
        if (step.Status != StepStatus.Retrying)
            return Decision.Refuse("invalid-step-status", $"Step {c.Step} is {step.Status.ToText()}; only a step that waits to be tried again can be told to do so now.");
        return step.DueAt > c.At
            ? Decision.Of(new JobEvent.StepRetryRequested(c.Step.Id, c.Step.Item, c.By, c.Reason, c.At))
            : Decision.Unchanged.Instance;
    }

    private static Decision LeaseStep(JobState state, JobCommand.LeaseStep c)
    {
        if (!IsCurrentAttempt(state, c.Step, c.Attempt)) return Decision.Refuse("late", $"Attempt {c.Attempt} of step {c.Step} is over; it cannot be leased.");
        return c.Worker.Length is > 0 and <= JobLimits.WorkerCharacters
            ? Decision.Of(new JobEvent.StepLeased(c.Step.Id, c.Step.Item, c.Attempt, c.Worker, state.SequenceNr + 1, c.At))
            : Decision.Refuse("invalid-worker", $"A worker's name has 1 to {JobLimits.WorkerCharacters} characters.");
    }

    private static Decision FailUnstarted(JobState state, JobCommand.FailStep c)
    {
        if (state.Find(c.Step) is not { } step) return new Decision.Rejected(Unknown(c.Step));
        if (!state.Status.MayStartSteps() || step.Status is not (StepStatus.Pending or StepStatus.Queued or StepStatus.Retrying)) return Decision.Unchanged.Instance;
        if (OutOfOrder(state.Step(c.Step.Id), c.Step) is { } rejection) return new Decision.Rejected(rejection);
        return new Decision.Accepted(Begun(state, c.At, FinalFailure(state, c.Step, step.Attempt, c.Failure, c.At)));
    }

    /// <summary>The job starts with the first that happens to one of its steps, be it a failure.</summary>
    private static List<JobEvent> Begun(JobState state, DateTimeOffset at, List<JobEvent> events)
    {
        if (state.Status != JobStatus.Running) events.Insert(0, new JobEvent.Started(at));
        return events;
    }

    /// <summary>A step or item has failed for good: what that means for its step and its job.</summary>
    private static List<JobEvent> FinalFailure(JobState state, StepKey key, int attempt, Failure failure, DateTimeOffset at)
    {
        var plan = state.Plan.Steps[state.Plan.IndexOf(key.Id)];
        List<JobEvent> events = [new JobEvent.StepFailed(key.Id, key.Item, attempt, failure, at)];
        if (key.Item is not null)
        {
            if (plan.OnError == OnError.Continue)
            {
                if (!IsLastOpenItem(state, key.Id)) return events;
                var fanOut = state.Step(key.Id).FanOut!;
                if (fanOut.Completed > 0)
                {
                    events.Add(new JobEvent.StepCompleted(key.Id, null, 0, null, null, at));
                    return events;
                }

                failure = failure with { Message = $"All {fanOut.Total} items of step {key.Id} failed; the last: {failure.Message}" };
            }
            else
            {
                failure = failure with { Message = $"Item {key.Item} of step {key.Id}: {failure.Message}" };
            }

            events.Add(new JobEvent.StepFailed(key.Id, null, 0, failure, at));
        }
        else if (plan.OnError == OnError.Continue && !plan.IsFanOut)
        {
            return events;
        }

        events.Add(new JobEvent.Failed(failure, key.Id, at));
        return events;
    }

    private static bool IsLastOpenItem(JobState state, string stepId)
    {
        var fanOut = state.Step(stepId).FanOut!;
        return fanOut.Completed + fanOut.Failed + 1 == fanOut.Total;
    }

    /// <summary>True while exactly this attempt runs; whatever else an attempt says is late and changes nothing.</summary>
    private static bool IsCurrentAttempt(JobState state, StepKey key, int attempt) =>
        !state.Status.IsTerminal() && state.Find(key) is { IsExecuting: true } step && step.Attempt == attempt;

    private static Rejection Unknown(StepKey key) => new("unknown-step", $"There is no step {key}.");

    /// <summary>FNV-1a (Fowler, Noll, Vo) over the job's and the step's names: the same at each replay, different between jobs.</summary>
    private static ulong Seed(JobId id, StepKey step)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.WriteBytes(bytes);
        var hash = 14695981039346656037UL;
        foreach (var value in bytes) hash = (hash ^ value) * 1099511628211UL;
        foreach (var character in step.Id) hash = (hash ^ character) * 1099511628211UL;
        return (hash ^ (ulong)(step.Item ?? -1)) * 1099511628211UL;
    }
}
