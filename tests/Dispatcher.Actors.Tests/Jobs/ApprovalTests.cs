using Dispatcher.Jobs;
using static Dispatcher.Actors.Tests.Jobs.JobSpecification;

namespace Dispatcher.Actors.Tests.Jobs;

/// <summary>Decisions of people: about a job, and about steps that wait for one.</summary>
public sealed class ApprovalTests
{
    private static readonly StepKey A = new("a");
    private static readonly JobPlan Two = Plan(Step("a"), Step("b", 0));

    private static JobEvent.StepAwaiting AwaitingA(DateTimeOffset? until = null, OnTimeout onTimeout = OnTimeout.Reject, string step = "a", int? item = null) =>
        new(step, item, 1, AwaitKind.Approval, until, T(2)) { OnTimeout = onTimeout, Prompt = "ok?" };

    private static Given WaitingA(DateTimeOffset? until = null, OnTimeout onTimeout = OnTimeout.Reject) =>
        Given(Two, Submitted(), new JobEvent.Started(T(1)), new JobEvent.StepStarted("a", null, 1, T(1)), AwaitingA(until, onTimeout));

    private static Given WaitingAAndB() => Given(Plan(Step("a"), Step("b")), Submitted(), new JobEvent.Started(T(1)), new JobEvent.StepStarted("a", null, 1, T(1)), AwaitingA(),
        new JobEvent.StepStarted("b", null, 1, T(1)), AwaitingA(step: "b"));

    [Fact]
    public void AwaitApproval_LetsTheJobWaitForSomebody()
    {
        var running = Given(Two, Submitted(), new JobEvent.Started(T(1)), new JobEvent.StepStarted("a", null, 1, T(1)));
        var command = new JobCommand.AwaitApproval(A, 1, T(60), OnTimeout.Reject, "ok?", T(2));
        var after = running.When(command).Then(AwaitingA(T(60)));
        Assert.Equal(new JobWait(JobWaitKind.Approval, T(60)), after.Wait);
        Assert.Equal(T(60), after.NextWakeUp);
        Assert.False(after.HasExecutingSteps);
        new Given(after).When(command).ThenUnchanged();
        new Given(after).When(new JobCommand.CompleteStep(A, 1, null, [], T(3))).ThenUnchanged();
        new Given(after).When(new JobCommand.FailStep(A, 1, new Failure(ErrorClass.Transient, "late"), T(3))).ThenUnchanged();
    }

    [Fact]
    public void ApproveStep_CompletesIt_AndSaysWhoAndWhy()
    {
        var after = WaitingA(T(60)).When(new JobCommand.ApproveStep(A, Ada, "fine", T(5))).Then(
            new JobEvent.StepApproved("a", null, Ada, "fine", T(5)),
            new JobEvent.StepCompleted("a", null, 1, Json("""{"decision":"approved","by":"ada","reason":"fine","at":"2026-01-01T12:00:05Z"}"""), null, T(5)));
        Assert.Equal((JobWaitKind.Active, null), (after.Wait.Kind, after.NextWakeUp));
        new Given(after).When(new JobCommand.ApproveStep(A, Ada, null, T(6))).ThenRejected("invalid-step-status");
    }

    [Fact]
    public void RejectStep_FailsItForGood()
    {
        var failure = new Failure(ErrorClass.Permanent, "Step a was rejected by ada: no", "REJECTED");
        WaitingA().When(new JobCommand.RejectStep(A, Ada, "no", T(5))).Then(
            new JobEvent.StepRejected("a", null, Ada, "no", T(5)), new JobEvent.StepFailed("a", null, 1, failure, T(5)), new JobEvent.Failed(failure, "a", T(5)));
    }

    [Fact]
    public void WhoeverNamesNoStep_MeansTheOnlyOneThatWaits()
    {
        Assert.Equal(StepStatus.Completed, Then(WaitingA(), new JobCommand.Approve(Ada, null, T(5))).Step("a").Status);
        Assert.Equal(StepStatus.Completed, Then(WaitingA(), new JobCommand.ApproveStep(null, Ada, null, T(5))).Step("a").Status);
        Assert.Equal(JobStatus.Failed, Then(WaitingA(), new JobCommand.Reject(Ada, null, T(5))).Status);
        var pending = Given(Approved(Two), Submitted());
        Assert.Equal(JobStatus.Queued, Then(pending, new JobCommand.ApproveStep(null, Ada, null, T(5))).Status);
        Assert.Equal(JobStatus.Cancelled, Then(pending, new JobCommand.RejectStep(null, Ada, null, T(5))).Status);
    }

    [Fact]
    public void WhoeverNamesNoStep_IsToldTheCandidates_WhenThereAreMore()
    {
        var message = WaitingAAndB().When(new JobCommand.Approve(Ada, null, T(5))).ThenRejected("ambiguous-step");
        Assert.Equal("2 steps wait for approval; name one of them: a, b.", message);
        WaitingAAndB().When(new JobCommand.Reject(Ada, null, T(5))).ThenRejected("ambiguous-step");
        Assert.Equal(StepStatus.Completed, Then(WaitingAAndB(), new JobCommand.ApproveStep(new StepKey("b"), Ada, null, T(5))).Step("b").Status);
    }

    [Fact]
    public void ApproveStep_IsRefused_WhenTheStepDoesNotWait()
    {
        WaitingA().When(new JobCommand.ApproveStep(new StepKey("b"), Ada, null, T(5))).ThenRejected("invalid-step-status");
        WaitingA().When(new JobCommand.ApproveStep(new StepKey("z"), Ada, null, T(5))).ThenRejected("unknown-step");
        Given(Two, Submitted()).When(new JobCommand.ApproveStep(null, Ada, null, T(5))).ThenRejected("invalid-status");
    }

    [Fact]
    public void TheDeadline_RejectsTheStep_InTheNameOfTheEngine()
    {
        WaitingA(T(60)).When(new JobCommand.WakeUp(T(59.9))).ThenUnchanged();
        var events = Accepted(WaitingA(T(60)), new JobCommand.WakeUp(T(60)));
        Assert.Equal(Principal.Engine, Assert.IsType<JobEvent.StepRejected>(events[0]).By);
        Assert.Equal((ErrorClass.Permanent, "APPROVAL_TIMEOUT"), (((JobEvent.StepFailed)events[1]).Failure.Class, ((JobEvent.StepFailed)events[1]).Failure.Code));
    }

    [Fact]
    public void TheDeadline_ApprovesTheStep_WhenTheWorkflowSaysSo()
    {
        var events = Accepted(WaitingA(T(60), OnTimeout.Approve), new JobCommand.WakeUp(T(60)));
        Assert.Equal(Principal.Engine, Assert.IsType<JobEvent.StepApproved>(events[0]).By);
        Assert.IsType<JobEvent.StepCompleted>(events[1]);
    }

    [Fact]
    public void TheDeadline_HoldsWhileTheJobIsPaused()
    {
        var paused = Then(WaitingA(T(60)), new JobCommand.Pause(Ada, null, T(3)));
        Assert.Equal(new JobWait(JobWaitKind.Pause, T(60)), paused.Wait);
        Assert.Equal(JobStatus.Failed, Then(new Given(paused), new JobCommand.WakeUp(T(60))).Status);
        Assert.Equal(StepStatus.Completed, Then(new Given(paused), new JobCommand.ApproveStep(A, Ada, null, T(4))).Step("a").Status);
    }

    [Fact]
    public void AnApprovalOfItems_NeedsOneDecisionEach()
    {
        var given = Given(Plan(Step("a") with { IsFanOut = true }), Submitted(), new JobEvent.Started(T(1)), new JobEvent.StepExpanded("a", 2, T(1)),
            new JobEvent.StepStarted("a", 0, 1, T(1)), AwaitingA(item: 0), new JobEvent.StepStarted("a", 1, 1, T(1)), AwaitingA(T(30), item: 1));
        Assert.Equal(new JobWait(JobWaitKind.Approval, T(30)), given.State.Wait);
        var one = Then(given, new JobCommand.ApproveStep(new StepKey("a", 1), Ada, null, T(5)));
        Assert.Equal((StepStatus.Running, new JobWait(JobWaitKind.Approval, null)), (one.Step("a").Status, one.Wait));
        Assert.Equal(StepStatus.Completed, Then(new Given(one), new JobCommand.Approve(Ada, null, T(6))).Step("a").Status);
    }

    [Fact]
    public void AnEndedJob_WaitsForNobody()
    {
        var cancelled = Then(WaitingAAndB(), new JobCommand.Cancel(Ada, null, T(5)));
        Assert.Empty(cancelled.Awaited);
        Assert.Equal(default, cancelled.Waits);
        var failed = Then(WaitingAAndB(), new JobCommand.RejectStep(A, Ada, null, T(5)));
        var recovered = Then(new Given(failed), new JobCommand.Recover("a", Ada, null, T(6)));
        Assert.Equal((default, JobWaitKind.Active), (recovered.Waits, recovered.Wait.Kind));
    }

    [Theory]
    [InlineData(OnTimeout.Reject, JobStatus.Cancelled)]
    [InlineData(OnTimeout.Approve, JobStatus.Queued)]
    public void AJobThatNobodyApproves_IsDecidedByItsDeadline(OnTimeout onTimeout, JobStatus status)
    {
        var plan = new JobPlan("test", 1, "hash", [Step("a")]) { ApprovalRequired = true, ApprovalDeadline = TimeSpan.FromHours(72), ApprovalOnTimeout = onTimeout };
        var pending = Given(plan, Submitted());
        var deadline = T0.AddHours(72);
        Assert.Equal((new JobWait(JobWaitKind.Approval, deadline), deadline), (pending.State.Wait, pending.State.NextWakeUp!.Value));
        pending.When(new JobCommand.WakeUp(deadline.AddSeconds(-1))).ThenUnchanged();
        Assert.Equal(status, Then(pending, new JobCommand.WakeUp(deadline)).Status);
        var approved = Then(pending, new JobCommand.Approve(Ada, null, T(1)));
        Assert.Null(approved.NextWakeUp);
    }

    [Fact]
    public void WhatIsAllowed_NamesApprovals()
    {
        Assert.Equal("approve reject pause cancel priority", string.Join(' ', AllowedCommands.Of(WaitingAAndB().State)));
        var paused = Then(WaitingA(), new JobCommand.Pause(Ada, null, T(3)));
        Assert.Equal("approve reject resume cancel priority", string.Join(' ', AllowedCommands.Of(paused)));
    }

    private static IReadOnlyList<JobEvent> Accepted(Given given, JobCommand command) => Assert.IsType<Decision.Accepted>(given.When(command).Decision).Events;

    private static JobState Then(Given given, JobCommand command) => given.When(command).Then([.. Accepted(given, command)]);
}
