using System.Text.Json;

namespace Dispatcher.Jobs;

/// <summary>
/// The law of a job: what a command does to a job in a state. Pure; the same arguments always give the same decision. Refusals are values;
/// an exception from here is a bug.
/// </summary>
public static partial class JobDecider
{
    /// <summary>Names in a refusal that lists what could have been meant.</summary>
    private const int ShownCandidates = 10;

    public static Decision Decide(JobState state, JobCommand command) => command switch
    {
        JobCommand.Submit c => Submit(state, c),
        _ when ReasonOf(command) is { Length: > JobLimits.ReasonCharacters } reason =>
            Decision.Refuse("reason-too-long", $"The reason has {reason.Length} characters; at most {JobLimits.ReasonCharacters} are allowed."),
        _ when state.Status == JobStatus.None => Decision.Refuse("not-found", "There is no such job."),
        JobCommand.Approve c => Approve(state, c),
        JobCommand.Reject c => Reject(state, c),
        JobCommand.Pause c => Pause(state, c),
        JobCommand.Resume c => Resume(state, c),
        JobCommand.Cancel c => Cancel(state, c),
        JobCommand.Recover c => Recover(state, c),
        JobCommand.ChangePriority c => ChangePriority(state, c),
        JobCommand.Amend c => Amend(state, c),
        JobCommand.ResolveDependency c => ResolveDependency(state, c),
        JobCommand.WakeUp c => WakeUp(state, c),
        JobCommand.QueueStep c => QueueStep(state, c),
        JobCommand.StartStep c => StartStep(state, c),
        JobCommand.ExpandStep c => ExpandStep(state, c),
        JobCommand.SkipStep c => SkipStep(state, c),
        JobCommand.CompleteStep c => CompleteStep(state, c),
        JobCommand.SleepStep c => SleepStep(state, c),
        JobCommand.FailStep c => FailStep(state, c),
        JobCommand.CheckpointStep c => CheckpointStep(state, c),
        JobCommand.ReleaseStep c => ReleaseStep(state, c),
        JobCommand.ApproveStep c => ApproveStep(state, c),
        JobCommand.RejectStep c => RejectStep(state, c),
        JobCommand.RetryStep c => RetryStep(state, c),
        JobCommand.AwaitApproval c => AwaitApproval(state, c),
        JobCommand.AwaitChild c => AwaitChild(state, c),
        JobCommand.ConfirmChild c => ConfirmChild(state, c),
        JobCommand.EndChild c => EndChild(state, c),
        JobCommand.LeaseStep c => LeaseStep(state, c),
        JobCommand.Complete c => Complete(state, c),
        JobCommand.Fail c => state.Status.IsTerminal() ? Decision.Unchanged.Instance : Decision.Of(new JobEvent.Failed(c.Failure, null, c.At)),
        _ => throw new InvalidOperationException($"The law has no rule for {command.GetType().Name}."),
    };

    private static string? ReasonOf(JobCommand command) => command switch
    {
        JobCommand.Approve c => c.Reason,
        JobCommand.Reject c => c.Reason,
        JobCommand.Pause c => c.Reason,
        JobCommand.Resume c => c.Reason,
        JobCommand.Cancel c => c.Reason,
        JobCommand.Recover c => c.Reason,
        JobCommand.ChangePriority c => c.Reason,
        JobCommand.Amend c => c.Reason,
        JobCommand.ApproveStep c => c.Reason,
        JobCommand.RejectStep c => c.Reason,
        JobCommand.RetryStep c => c.Reason,
        _ => null,
    };

    private static Decision Submit(JobState state, JobCommand.Submit c)
    {
        if (state.Status != JobStatus.None)
        {
            return state.Id == c.Id && state.Spec.Tenant == c.Spec.Tenant ? Decision.Unchanged.Instance : Decision.Refuse("already-exists", $"Job {c.Id} exists already.");
        }

        if (CheckSpec(c.Spec, c.Id) is { } rejection) return new Decision.Rejected(rejection);
        var submitted = new JobEvent.Submitted(c.Id, c.Spec with { Input = JsonSize.NullAsAbsent(c.Spec.Input) }, c.By, c.At);
        if (c.Approves && state.Plan.ApprovalRequired) return new Decision.Accepted([submitted, new JobEvent.Approved(c.By, null, c.At), AfterApproval(state.Evolve(submitted), c)]);
        return IsScheduledByTheWallAlone(state.Plan, c) ? new Decision.Accepted([submitted, new JobEvent.Scheduled(c.Spec.StartAt!.Value, c.At)]) : Decision.Of(submitted);
    }

    /// <summary>The start is to come by the wall clock and past by the time of the event, which is all that the fold can see.</summary>
    private static bool IsScheduledByTheWallAlone(JobPlan plan, JobCommand.Submit c) => !plan.ApprovalRequired && c.Spec.StartAt is { } startAt && startAt > c.WallTime && startAt <= c.At;

    private static Rejection? CheckSpec(JobSpec spec, JobId id)
    {
        if (!TenantName.IsValid(spec.Tenant))
            return new Rejection("invalid-tenant", $"'{spec.Tenant}' is no tenant: 1 to 64 lower-case letters, digits, dashes and underscores, with a letter or digit at both ends.");
        if (spec.IdempotencyKey is { Length: 0 or > JobLimits.KeyCharacters } || spec.CorrelationId is { Length: 0 or > JobLimits.KeyCharacters })
            return new Rejection("invalid-key", $"An idempotency key or correlation id has 1 to {JobLimits.KeyCharacters} characters.");
        if (Math.Abs(spec.Priority) > JobLimits.PriorityMagnitude)
            return new Rejection("invalid-priority", $"priority is {spec.Priority}; it must be from -100 to 100.");
        if (spec.Labels is { Count: > JobLimits.Labels })
            return new Rejection("too-many-labels", $"A job has at most {JobLimits.Labels} labels; this one has {spec.Labels.Count}.");
        if (spec.Labels?.FirstOrDefault(label => label.Key.Length is 0 or > JobLimits.LabelCharacters || label.Value.Length > JobLimits.LabelCharacters) is { Key: not null } bad)
            return new Rejection("invalid-label", $"The label '{bad.Key}' is empty or longer than {JobLimits.LabelCharacters} characters.");
        if (spec.DependsOn is { Length: > JobLimits.Dependencies } many)
            return new Rejection("too-many-dependencies", $"A job depends on at most {JobLimits.Dependencies} others; this one names {many.Length}.");
        if (spec.Parent is { Depth: < 1 or > JobLimits.ChildDepth } parent)
            return new Rejection("invalid-parent", $"A child is 1 to {JobLimits.ChildDepth} jobs below the first, not {parent.Depth}.");
        if (spec.DependsOn?.Contains(id) == true) return new Rejection("self-dependency", "A job cannot depend on itself.");
        if (spec.Callback is { } callback && CallbackRules.Fault(callback) is { } fault) return new Rejection("invalid-callback", fault);
        if (spec.Quota is { Amount: < 0 or > JobLimits.QuotaAmount } quota)
            return new Rejection("invalid-quota", $"A job holds 0 to {JobLimits.QuotaAmount} units of a meter, not {quota.Amount} of {quota.Meter}.");
        return PayloadTooBig("The input", spec.Input);
    }

    private static Rejection? PayloadTooBig(string what, JsonElement? payload) =>
        payload is { } value && JsonSize.Of(value) is > JobLimits.PayloadBytes and var bytes
            ? new Rejection("payload-too-large",
                $"{what} has {bytes:N0} bytes of JSON; at most {JobLimits.PayloadBytes:N0} are allowed. Put bigger data into the artifact store and pass its path.")
            : null;

    private static Decision Pause(JobState state, JobCommand.Pause c) => state.Status switch
    {
        JobStatus.Paused => Decision.Unchanged.Instance,
        JobStatus.Pending => Decision.Refuse("invalid-status", "The job waits for approval; reject it or leave it waiting instead of pausing it."),
        _ when state.Status.IsTerminal() => WrongStatus(state, "paused", "scheduled, waiting, queued, running or recovering"),
        _ => Decision.Of(new JobEvent.Paused(c.By, c.Reason, c.At)),
    };

    private static Decision Resume(JobState state, JobCommand.Resume c)
    {
        if (state.Status != JobStatus.Paused)
            return state.Status.IsTerminal() ? WrongStatus(state, "resumed", "paused") : Decision.Unchanged.Instance;
        var resumed = new JobEvent.Resumed(c.By, c.Reason, c.At);
        return new Decision.Accepted([resumed, .. Due(state.Evolve(resumed), c)]);
    }

    private static Decision Cancel(JobState state, JobCommand.Cancel c) => state.Status switch
    {
        JobStatus.Cancelled => Decision.Unchanged.Instance,
        JobStatus.Completed or JobStatus.Failed => WrongStatus(state, "cancelled", "not ended"),
        _ => Decision.Of(new JobEvent.Cancelled(c.By, c.Reason, c.At)),
    };

    private static Decision Recover(JobState state, JobCommand.Recover c)
    {
        if (state.Status != JobStatus.Failed) return WrongStatus(state, "recovered", "failed");
        if (!state.Plan.TryIndexOf(c.FromStep, out _))
            return Decision.Refuse("unknown-step", $"There is no step '{c.FromStep}'. The steps are: {string.Join(", ", state.Plan.Steps.Select(step => step.Id))}.");
        if (state.Plan.ApprovalRequired && state.StartedAt is null)
            return Decision.Refuse("never-started", "The job failed before it started, and its workflow requires approval; submit it again.");
        return state.RecoveryAttempts >= state.Plan.MaxRecoveryAttempts
            ? Decision.Refuse("recovery-exhausted", $"The job was recovered {state.RecoveryAttempts} times; its workflow allows {state.Plan.MaxRecoveryAttempts}.")
            : Decision.Of(new JobEvent.Recovering(c.FromStep, state.RecoveryAttempts + 1, c.By, c.Reason, c.At) { PassOver = c.PassOver ? true : null });
    }

    private static Decision ChangePriority(JobState state, JobCommand.ChangePriority c)
    {
        if (state.Status.IsTerminal()) return WrongStatus(state, "given another priority", "not ended");
        if (Math.Abs(c.Priority) > JobLimits.PriorityMagnitude)
            return Decision.Refuse("invalid-priority", $"priority is {c.Priority}; it must be from -100 to 100.");
        return state.Priority == c.Priority ? Decision.Unchanged.Instance : Decision.Of(new JobEvent.PriorityChanged(c.Priority, c.By, c.Reason, c.At));
    }

    private static Decision ResolveDependency(JobState state, JobCommand.ResolveDependency c)
    {
        if (state.Status.IsTerminal() || !state.OpenDependencies.Contains(c.Dependency)) return Decision.Unchanged.Instance;
        var resolved = new JobEvent.DependencyResolved(c.Dependency, c.Outcome, c.At);
        var policy = c.Outcome == JobStatus.Completed ? DependencyPolicy.Run : state.Spec.OnDependencyFailure ?? DependencyPolicy.Fail;
        var how = $"ended {c.Outcome.ToText()}";
        return policy switch
        {
            DependencyPolicy.Run => new Decision.Accepted([resolved, .. Due(state.Evolve(resolved), c)]),
            DependencyPolicy.Skip => Decision.Of(resolved, new JobEvent.Cancelled(Principal.Engine, $"It depends on {c.Dependency}, which {how}; there is nothing to do.", c.At)),
            _ => Decision.Of(resolved, new JobEvent.Failed(Failure.Of(ErrorClass.Permanent, $"The job depends on {c.Dependency}, which {how}.", "DEPENDENCY_FAILED"), null, c.At)),
        };
    }

    private static Decision Complete(JobState state, JobCommand.Complete c)
    {
        if (state.Status.IsTerminal()) return Decision.Unchanged.Instance;
        if (!state.Status.MayStartSteps() || !state.AllStepsEnded)
            return Decision.Refuse("steps-open", "The job is paused or has steps that did not end.");
        if (PayloadTooBig("The output", c.Output) is { } rejection)
            return Decision.Of(new JobEvent.Failed(Failure.Of(ErrorClass.Permanent, rejection.Message, "OUTPUT_TOO_LARGE"), null, c.At));
        var charge = state.Spec.Quota is { } held ? c.Charge ?? new QuotaCharge(held.Amount) : null;
        var completed = new JobEvent.Completed(JsonSize.NullAsAbsent(c.Output), c.At) { Charge = charge };
        // A job whose every step was skipped never started; its life still has a beginning.
        return state.Status == JobStatus.Running ? Decision.Of(completed) : Decision.Of(new JobEvent.Started(c.At), completed);
    }

    private static Decision WrongStatus(JobState state, string verb, string allowed) =>
        Decision.Refuse("invalid-status", $"The job is {state.Status.ToText()}; it can be {verb} only while it is {allowed}.");
}
