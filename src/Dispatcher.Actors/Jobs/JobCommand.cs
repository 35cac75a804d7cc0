using System.Collections.Immutable;
using System.Text.Json;

namespace Dispatcher.Jobs;

/// <summary>
/// An order to a job. Every command carries the time at which it was given; the law never reads a clock. Commands of people carry
/// who gave them and why.
/// </summary>
public abstract record JobCommand
{
    private JobCommand(DateTimeOffset at) => At = at;

    public DateTimeOffset At { get; init; }

    /// <summary>By how much <see cref="At"/>, which never goes back within a process, is ahead of the wall clock.</summary>
    public TimeSpan Ahead { get; init; }

    /// <summary>What the wall clock showed: dates that people give mean this one, and everything else <see cref="At"/>.</summary>
    internal DateTimeOffset WallTime => At - Ahead;

    public sealed record Submit(JobId Id, JobSpec Spec, Principal By, DateTimeOffset At) : JobCommand(At)
    {
        /// <summary>Who submits the job approves it as well, where its workflow requires that: there is no moment in which it waits.</summary>
        public bool Approves { get; init; }
    }

    public sealed record Approve(Principal By, string? Reason, DateTimeOffset At) : JobCommand(At);

    public sealed record Reject(Principal By, string? Reason, DateTimeOffset At) : JobCommand(At);

    public sealed record Pause(Principal By, string? Reason, DateTimeOffset At) : JobCommand(At);

    public sealed record Resume(Principal By, string? Reason, DateTimeOffset At) : JobCommand(At);

    public sealed record Cancel(Principal By, string? Reason, DateTimeOffset At) : JobCommand(At);

    /// <summary>Restarts a failed job from a step: that step and all that need it are reset, earlier results stay.</summary>
    public sealed record Recover(string FromStep, Principal By, string? Reason, DateTimeOffset At) : JobCommand(At)
    {
        /// <summary>Steps that did not end well and do not need that one are passed over (skipped) instead of run again.</summary>
        public bool PassOver { get; init; }
    }

    public sealed record ChangePriority(int Priority, Principal By, string? Reason, DateTimeOffset At) : JobCommand(At);

    /// <summary>Gives a job that waits for its approval another input, which has been checked against its workflow's schema.</summary>
    public sealed record Amend(JsonElement? Input, Principal By, string? Reason, DateTimeOffset At) : JobCommand(At);

    /// <summary>A job that this one waits for has ended.</summary>
    public sealed record ResolveDependency(JobId Dependency, JobStatus Outcome, DateTimeOffset At) : JobCommand(At);

    /// <summary>Time has passed: whatever is due now, happens. Harmless at any time.</summary>
    public sealed record WakeUp(DateTimeOffset At) : JobCommand(At);

    /// <summary>A ready step waits for admission.</summary>
    public sealed record QueueStep(StepKey Step, DateTimeOffset At) : JobCommand(At);

    /// <summary>Admission was granted.</summary>
    public sealed record StartStep(StepKey Step, DateTimeOffset At) : JobCommand(At);

    /// <summary>A fan-out's items are known: one sub-step each.</summary>
    public sealed record ExpandStep(string StepId, int Items, DateTimeOffset At) : JobCommand(At);

    /// <summary>A step's condition is false.</summary>
    public sealed record SkipStep(string StepId, string Reason, DateTimeOffset At) : JobCommand(At);

    public sealed record CompleteStep(StepKey Step, int Attempt, JsonElement? Output, ImmutableArray<ArtifactReference> Artifacts, DateTimeOffset At)
        : JobCommand(At);

    /// <summary>The attempt's work is done but for waiting: the step completes at a time, with an output known now.</summary>
    public sealed record SleepStep(StepKey Step, int Attempt, DateTimeOffset Until, JsonElement? Output, DateTimeOffset At) : JobCommand(At);

    /// <summary>An attempt failed. Attempt 0 fails a step that could not even be started (an expression that has no value).</summary>
    public sealed record FailStep(StepKey Step, int Attempt, Failure Failure, DateTimeOffset At) : JobCommand(At);

    public sealed record CheckpointStep(StepKey Step, int Attempt, JsonElement Checkpoint, DateTimeOffset At) : JobCommand(At);

    /// <summary>An attempt was ended by the engine's own shutdown: it does not count.</summary>
    public sealed record ReleaseStep(StepKey Step, int Attempt, DateTimeOffset At) : JobCommand(At);

    /// <summary>Approves a step that waits for it. Without a step: the job if it is pending, else the only step that waits.</summary>
    public sealed record ApproveStep(StepKey? Step, Principal By, string? Reason, DateTimeOffset At) : JobCommand(At);

    /// <summary>Rejects a step that waits for approval, which fails it for good. Without a step: as <see cref="ApproveStep"/>.</summary>
    public sealed record RejectStep(StepKey? Step, Principal By, string? Reason, DateTimeOffset At) : JobCommand(At);

    /// <summary>A step that waits to be tried again is due at once; a failed job is recovered from the step.</summary>
    public sealed record RetryStep(StepKey Step, Principal By, string? Reason, DateTimeOffset At) : JobCommand(At);

    /// <summary>The attempt waits for somebody's decision, until a time if one is given.</summary>
    public sealed record AwaitApproval(StepKey Step, int Attempt, DateTimeOffset? Until, OnTimeout OnTimeout, string? Prompt, DateTimeOffset At) : JobCommand(At);

    /// <summary>The attempt waits for a job that is to be made, with this id.</summary>
    public sealed record AwaitChild(StepKey Step, int Attempt, JobId Child, ChildRequest Request, DateTimeOffset At) : JobCommand(At);

    /// <summary>The child that a step waits for is stored.</summary>
    public sealed record ConfirmChild(StepKey Step, JobId Child, DateTimeOffset At) : JobCommand(At);

    /// <summary>The child that a step waits for has ended.</summary>
    /// <param name="Cause">Why it did not complete, for people.</param>
    public sealed record EndChild(StepKey Step, JobId Child, JobStatus Outcome, JsonElement? Output, string? Cause, DateTimeOffset At) : JobCommand(At)
    {
        /// <summary>With what the step fails when the child was refused for a reason that another try does not remove.</summary>
        public Failure? Refusal { get; init; }
    }

    /// <summary>A worker outside takes the attempt; a lease that is there is replaced.</summary>
    public sealed record LeaseStep(StepKey Step, int Attempt, string Worker, DateTimeOffset At) : JobCommand(At);

    /// <summary>All steps have ended; the output was evaluated.</summary>
    public sealed record Complete(JsonElement? Output, DateTimeOffset At) : JobCommand(At)
    {
        /// <summary>What the job is charged, if it holds something of a meter; what it holds, if absent.</summary>
        public QuotaCharge? Charge { get; init; }
    }

    /// <summary>The job cannot go on, for a reason that is no step's.</summary>
    public sealed record Fail(Failure Failure, DateTimeOffset At) : JobCommand(At);
}

/// <summary>Names a step, or one item of a fan-out.</summary>
/// <param name="Id">The step's id in the workflow.</param>
/// <param name="Item">The item's index from 0; absent for the step itself.</param>
public readonly record struct StepKey(string Id, int? Item = null)
{
    public override string ToString() => Item is { } item ? $"{Id}[{item}]" : Id;
}
