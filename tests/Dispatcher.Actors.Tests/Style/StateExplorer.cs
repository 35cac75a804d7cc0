using Dispatcher.Jobs;
using static Dispatcher.Actors.Tests.Jobs.JobSpecification;

namespace Dispatcher.Actors.Tests.Style;

/// <summary>Every move that the law allows, found by trying every command in every state that small jobs can reach.</summary>
internal sealed class StateExplorer
{
    private static readonly JobId Other = JobId.Create(T0, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    private static readonly Failure Passing = new(ErrorClass.Transient, "broken");
    private static readonly Failure Final = new(ErrorClass.Permanent, "broken");
    private static readonly ChildRequest Request = new(new WorkflowReference("child", 1, "hash"), null, 0, null, ErrorClass.Transient);

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Queue<JobState> _open = new();

    /// <summary>Moves of jobs, as (from, to); <c>[*]</c> is before the first event.</summary>
    public SortedSet<(string From, string To)> JobMoves { get; } = [];

    /// <summary>Moves of steps and of items.</summary>
    public SortedSet<(string From, string To)> StepMoves { get; } = [];

    /// <summary>The states that were looked at.</summary>
    public int States => _seen.Count;

    public static StateExplorer Run()
    {
        var explorer = new StateExplorer();
        foreach (var (plan, spec) in Jobs()) explorer.Explore(plan, spec);
        return explorer;
    }

    private static IEnumerable<(JobPlan Plan, JobSpec Spec)> Jobs()
    {
        var twice = new RetryPolicy { MaxAttempts = 2 };
        var one = Step("a") with { Retry = twice };
        var items = one with { IsFanOut = true };
        yield return (Deadline(OnTimeout.Approve, one), Spec() with { StartAt = T(1000) });
        yield return (Deadline(OnTimeout.Reject, one), Spec());
        foreach (var approval in new[] { false, true })
        {
            foreach (var spec in new[] { Spec(), Spec() with { StartAt = T(100) }, Spec() with { DependsOn = [Other] }, Spec() with { StartAt = T(100), DependsOn = [Other] }, Spec() with { DependsOn = [Other], OnDependencyFailure = DependencyPolicy.Skip } })
                yield return (Small(approval, one), spec);
        }

        yield return (Small(false, one, Step("b", 0)), Spec());
        yield return (Small(false, one with { OnError = OnError.Continue }, Step("b")), Spec());
        yield return (Small(false, items), Spec());
        yield return (Small(false, items with { OnError = OnError.Continue, MaxConcurrency = 1 }), Spec());
    }

    private static JobPlan Small(bool approval, params StepPlan[] steps) =>
        new("small", 1, "hash", [.. steps]) { ApprovalRequired = approval, MaxRecoveryAttempts = 1, Timeout = TimeSpan.FromHours(1) };

    private static JobPlan Deadline(OnTimeout onTimeout, StepPlan step) =>
        new("small", 1, "hash", [step]) { ApprovalRequired = true, ApprovalDeadline = TimeSpan.FromMinutes(1), ApprovalOnTimeout = onTimeout };

    private void Explore(JobPlan plan, JobSpec spec)
    {
        Try(JobState.Initial(plan), new JobCommand.Submit(Id, spec, Ada, T0));
        while (_open.TryDequeue(out var state))
        {
            foreach (var at in new[] { state.UpdatedAt, state.UpdatedAt.AddMinutes(5), state.UpdatedAt.AddHours(2) })
            {
                foreach (var command in Commands(state, at)) Try(state, command);
            }
        }
    }

    private void Try(JobState state, JobCommand command)
    {
        if (JobDecider.Decide(state, command) is not Decision.Accepted accepted) return;
        foreach (var e in accepted.Events)
        {
            var after = state.Evolve(e);
            Note(state, after);
            state = after;
        }

        if (_seen.Add(Shape(state))) _open.Enqueue(state);
    }

    private void Note(JobState before, JobState after)
    {
        if (before.Status != after.Status) JobMoves.Add((Name(before.Status), Name(after.Status)));
        for (var i = 0; i < before.Steps.Length; i++)
        {
            Note(before.Steps[i], after.Steps[i]);
            if (before.Steps[i].FanOut is not { } items || after.Steps[i].FanOut is not { } itemsAfter) continue;
            for (var item = 0; item < itemsAfter.Items.Count; item++) Note(item < items.Next ? items.Items[item] : StepState.Initial, itemsAfter.Items[item]);
        }
    }

    private void Note(StepState before, StepState after)
    {
        if (before.Status != after.Status) StepMoves.Add((before.Status.ToText(), after.Status.ToText()));
    }

    private static string Name(JobStatus status) => status == JobStatus.None ? "[*]" : status.ToText();

    /// <summary>What decides which commands are allowed; two states of one shape have the same moves.</summary>
    private static string Shape(JobState state)
    {
        var steps = state.Steps.Select(step => $"{Shape(step)}{(step.FanOut is { } items ? $"[{string.Join(',', items.Items.Select(Shape))} of {items.Total}]" : "")}");
        return $"{state.Plan.GetHashCode()} {state.Status} {state.PausedFrom} {state.RecoveryAttempts} {state.OpenDependencies.Length} {state.Spec.StartAt <= state.UpdatedAt} {string.Join(' ', steps)}";
    }

    private static string Shape(StepState step) => $"{step.Status}/{step.Attempt}/{step.IsSleeping}/{step.SkipReason}/{step.Waiting?.What}/{step.Waiting?.Uncreated is null}/{step.Lease is null}";

    private static IEnumerable<JobCommand> Commands(JobState state, DateTimeOffset at)
    {
        yield return new JobCommand.Approve(Ada, null, at);
        yield return new JobCommand.Reject(Ada, null, at);
        yield return new JobCommand.Amend(Json("{}"), Ada, null, at);
        yield return new JobCommand.Pause(Ada, null, at);
        yield return new JobCommand.Resume(Ada, null, at);
        yield return new JobCommand.Cancel(Ada, null, at);
        yield return new JobCommand.ResolveDependency(Other, JobStatus.Completed, at);
        yield return new JobCommand.ResolveDependency(Other, JobStatus.Failed, at);
        yield return new JobCommand.WakeUp(at);
        yield return new JobCommand.Complete(null, at);
        yield return new JobCommand.Fail(Final, at);
        foreach (var (step, plan) in state.Steps.Zip(state.Plan.Steps))
        {
            yield return new JobCommand.Recover(plan.Id, Ada, null, at);
            yield return new JobCommand.ExpandStep(plan.Id, 2, at);
            yield return new JobCommand.ExpandStep(plan.Id, 0, at);
            yield return new JobCommand.SkipStep(plan.Id, "not needed", at);
            for (var item = -1; item < (step.FanOut?.Total ?? 0); item++)
            {
                foreach (var command in Commands(state, new StepKey(plan.Id, item < 0 ? null : item), at)) yield return command;
            }
        }
    }

    private static IEnumerable<JobCommand> Commands(JobState state, StepKey key, DateTimeOffset at)
    {
        var attempt = state.Find(key)!.Attempt;
        yield return new JobCommand.QueueStep(key, at);
        yield return new JobCommand.StartStep(key, at);
        yield return new JobCommand.CompleteStep(key, attempt, null, [], at);
        yield return new JobCommand.SleepStep(key, attempt, at.AddMinutes(1), null, at);
        yield return new JobCommand.FailStep(key, attempt, Passing, at);
        yield return new JobCommand.FailStep(key, attempt, Final, at);
        yield return new JobCommand.FailStep(key, 0, Final, at);
        yield return new JobCommand.ReleaseStep(key, attempt, at);
        yield return new JobCommand.AwaitApproval(key, attempt, at.AddMinutes(1), OnTimeout.Reject, null, at);
        yield return new JobCommand.AwaitChild(key, attempt, Other, Request, at);
        yield return new JobCommand.ConfirmChild(key, Other, at);
        yield return new JobCommand.EndChild(key, Other, JobStatus.Completed, null, null, at);
        yield return new JobCommand.EndChild(key, Other, JobStatus.Failed, null, null, at);
        yield return new JobCommand.ApproveStep(key, Ada, null, at);
        yield return new JobCommand.RejectStep(key, Ada, null, at);
        yield return new JobCommand.LeaseStep(key, attempt, "worker", at);
        yield return new JobCommand.RetryStep(key, Ada, null, at);
    }
}
