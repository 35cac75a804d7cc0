using System.Text.Json;

namespace Dispatcher.Jobs;

/// <summary>The law of decisions that people take: about a job before it runs, and about steps that wait for one.</summary>
public static partial class JobDecider
{
    private const string TimeoutCode = "APPROVAL_TIMEOUT";

    private static Decision Approve(JobState state, JobCommand.Approve c) => state.Status switch
    {
        JobStatus.Pending => new Decision.Accepted([new JobEvent.Approved(c.By, c.Reason, c.At), AfterApproval(state, c)]),
        _ when state.Waits.Approvals > 0 => OnlyOne(state, key => StepApproved(state, key, c.By, c.Reason, c.At)),
        _ when state.Plan.ApprovalRequired && !state.Status.IsTerminal() => Decision.Unchanged.Instance,
        _ => WrongStatus(state, "approved", "pending, or while a step of it waits for approval"),
    };

    private static JobEvent AfterApproval(JobState state, JobCommand c) =>
        state.Spec.StartAt is { } startAt && startAt > c.WallTime ? new JobEvent.Scheduled(startAt, c.At)
        : !state.OpenDependencies.IsEmpty ? new JobEvent.Waiting(c.At)
        : new JobEvent.Queued(c.At);

    private static Decision Reject(JobState state, JobCommand.Reject c) => state.Status switch
    {
        JobStatus.Pending => Decision.Of(new JobEvent.Rejected(c.By, c.Reason, c.At)),
        _ when state.Waits.Approvals > 0 => OnlyOne(state, key => StepRejected(state, key, c.By, c.Reason, RejectionOf(key, c.By, c.Reason), c.At)),
        _ => WrongStatus(state, "rejected", "pending, or while a step of it waits for approval"),
    };

    /// <summary>What was approved never changes, so only a job that nobody has decided about can be given another input.</summary>
    private static Decision Amend(JobState state, JobCommand.Amend c)
    {
        if (state.Status != JobStatus.Pending) return WrongStatus(state, "given another input", "pending");
        if (state.Spec.Quota is not null)
            return new Decision.Rejected(new Rejection("quota-conflict", "The job holds quota for the input that it has; cancel it and submit another with the other input."));
        if (PayloadTooBig("The input", c.Input) is { } rejection) return new Decision.Rejected(rejection);
        var input = JsonSize.NullAsAbsent(c.Input);
        return IsSame(state.Spec.Input, input) ? Decision.Unchanged.Instance : Decision.Of(new JobEvent.Amended(input, c.By, c.Reason, c.At));
    }

    private static bool IsSame(JsonElement? left, JsonElement? right) =>
        left is { } before && right is { } after ? JsonElement.DeepEquals(before, after) : left is null && right is null;

    private static Decision ApproveStep(JobState state, JobCommand.ApproveStep c)
    {
        if (c.Step is not { } key) return Approve(state, new JobCommand.Approve(c.By, c.Reason, c.At) { Ahead = c.Ahead });
        return NotAwaitingApproval(state, key) is { } rejection ? new Decision.Rejected(rejection) : new Decision.Accepted(StepApproved(state, key, c.By, c.Reason, c.At));
    }

    private static Decision RejectStep(JobState state, JobCommand.RejectStep c)
    {
        if (c.Step is not { } key) return Reject(state, new JobCommand.Reject(c.By, c.Reason, c.At));
        return NotAwaitingApproval(state, key) is { } rejection
            ? new Decision.Rejected(rejection)
            : new Decision.Accepted(StepRejected(state, key, c.By, c.Reason, RejectionOf(key, c.By, c.Reason), c.At));
    }

    private static Decision AwaitApproval(JobState state, JobCommand.AwaitApproval c) => IsCurrentAttempt(state, c.Step, c.Attempt)
        ? Decision.Of(new JobEvent.StepAwaiting(c.Step.Id, c.Step.Item, c.Attempt, AwaitKind.Approval, c.Until, c.At) { OnTimeout = c.OnTimeout, Prompt = c.Prompt })
        : Decision.Unchanged.Instance;

    /// <summary>Nobody decided about the job in time.</summary>
    private static List<JobEvent> JobApprovalTimeout(JobState state, JobCommand c)
    {
        var reason = $"Nobody decided within {state.Plan.ApprovalDeadline} ({TimeoutCode}).";
        return state.Plan.ApprovalOnTimeout == OnTimeout.Approve
            ? [new JobEvent.Approved(Principal.Engine, reason, c.At), AfterApproval(state, c)]
            : [new JobEvent.Rejected(Principal.Engine, reason, c.At)];
    }

    /// <summary>Nobody decided about the step in time.</summary>
    private static List<JobEvent> StepApprovalTimeout(JobState state, StepKey key, StepState step, DateTimeOffset at)
    {
        const string reason = "Nobody decided in time.";
        return step.Waiting!.OnTimeout == OnTimeout.Approve
            ? StepApproved(state, key, Principal.Engine, reason, at)
            : StepRejected(state, key, Principal.Engine, reason, Failure.Of(ErrorClass.Permanent, $"Step {key}: nobody decided by {step.DueAt:O}.", TimeoutCode), at);
    }

    private static List<JobEvent> StepApproved(JobState state, StepKey key, Principal by, string? reason, DateTimeOffset at)
    {
        var output = JsonSerializer.SerializeToElement(new ApprovalOutput("approved", by.Name, reason, at.UtcDateTime), JobJson.Default.ApprovalOutput);
        return [new JobEvent.StepApproved(key.Id, key.Item, by, reason, at), .. Completion(state, key, state.Find(key)!.Attempt, output, artifacts: null, at)];
    }

    private static List<JobEvent> StepRejected(JobState state, StepKey key, Principal by, string? reason, Failure failure, DateTimeOffset at) =>
        [new JobEvent.StepRejected(key.Id, key.Item, by, reason, at), .. FinalFailure(state, key, state.Find(key)!.Attempt, failure, at)];

    private static Failure RejectionOf(StepKey key, Principal by, string? reason) =>
        Failure.Of(ErrorClass.Permanent, string.IsNullOrEmpty(reason) ? $"Step {key} was rejected by {by.Name}." : $"Step {key} was rejected by {by.Name}: {reason}", "REJECTED");

    /// <summary>Whoever names no step means the only one that waits; of several he has to name one.</summary>
    private static Decision OnlyOne(JobState state, Func<StepKey, List<JobEvent>> events)
    {
        var candidates = state.StepsAwaiting(AwaitKind.Approval).Take(ShownCandidates + 1).ToList();
        if (candidates is [var only]) return new Decision.Accepted(events(only));
        var more = state.Waits.Approvals > ShownCandidates ? ", …" : "";
        return Decision.Refuse("ambiguous-step", $"{state.Waits.Approvals} steps wait for approval; name one of them: {string.Join(", ", candidates.Take(ShownCandidates))}{more}.");
    }

    private static Rejection? NotAwaitingApproval(JobState state, StepKey key) => state.Find(key) switch
    {
        null => Unknown(key),
        { Waiting.What: AwaitKind.Approval } => null,
        { } step => new Rejection("invalid-step-status", $"Step {key} is {step.Status.ToText()} and does not wait for approval."),
    };
}

/// <summary>The output of a step that was approved.</summary>
internal sealed record ApprovalOutput(string Decision, string By, string? Reason, DateTime At);
