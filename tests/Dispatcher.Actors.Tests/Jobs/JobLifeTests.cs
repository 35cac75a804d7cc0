using Dispatcher.Jobs;
using static Dispatcher.Actors.Tests.Jobs.JobSpecification;

namespace Dispatcher.Actors.Tests.Jobs;

public sealed class JobLifeTests
{
    private static readonly JobPlan Two = Plan(Step("a"), Step("b", 0));

    [Fact]
    public void Submit_QueuesTheJob_WhenNothingHoldsItBack()
    {
        var after = Given(Two).When(new JobCommand.Submit(Id, Spec(), Ada, T0)).Then(Submitted());
        Assert.Equal(JobStatus.Queued, after.Status);
        Assert.Equal(JobWaitKind.Active, after.Wait.Kind);
    }

    [Fact]
    public void Submit_IsUnchanged_WhenTheSameJobExists() =>
        Given(Two, Submitted()).When(new JobCommand.Submit(Id, Spec(), Ada, T(1))).ThenUnchanged();

    [Theory]
    [InlineData(101, "invalid-priority")]
    [InlineData(-101, "invalid-priority")]
    public void Submit_IsRefused_WhenThePriorityIsOutOfRange(int priority, string code) =>
        Given(Two).When(new JobCommand.Submit(Id, Spec() with { Priority = priority }, Ada, T0)).ThenRejected(code);

    [Fact]
    public void Submit_IsRefused_WhenTheInputIsTooLarge()
    {
        var input = Json($$"""{"x":"{{new string('x', JobLimits.PayloadBytes)}}"}""");
        var message = Given(Two).When(new JobCommand.Submit(Id, Spec() with { Input = input }, Ada, T0)).ThenRejected("payload-too-large");
        Assert.Contains("262,144", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Submit_IsRefused_WhenTheJobDependsOnItself() =>
        Given(Two).When(new JobCommand.Submit(Id, Spec() with { DependsOn = [Id] }, Ada, T0)).ThenRejected("self-dependency");

    [Fact]
    public void Submit_WaitsForApproval_WhenTheWorkflowRequiresIt()
    {
        var after = Given(Approved(Two)).When(new JobCommand.Submit(Id, Spec(), Ada, T0)).Then(Submitted());
        Assert.Equal(JobStatus.Pending, after.Status);
        Assert.Equal(JobWaitKind.Approval, after.Wait.Kind);
    }

    [Fact]
    public void Submit_ApprovesTheJobInTheSameWrite_WhenItIsToldTo()
    {
        var submit = new JobCommand.Submit(Id, Spec(), Ada, T0) { Approves = true };
        Assert.True(((JobCommand.Submit)CommandCodec.Decode(CommandCodec.Encode(submit))).Approves);
        var after = Given(Approved(Two)).When(submit).Then(Submitted(), new JobEvent.Approved(Ada, null, T0), new JobEvent.Queued(T0));
        Assert.Equal(JobStatus.Queued, after.Status);
    }

    [Fact]
    public void Submit_ApprovesTheJob_AndLeavesItWaitingForWhatItDependsOn()
    {
        var spec = Spec() with { DependsOn = [JobId.Create(T(-9), new byte[10])] };
        Assert.Equal(JobStatus.Waiting, Given(Approved(Two)).When(new JobCommand.Submit(Id, spec, Ada, T0) { Approves = true }).Then(Submitted(spec), new JobEvent.Approved(Ada, null, T0), new JobEvent.Waiting(T0)).Status);
        var later = Spec() with { StartAt = T(60) };
        Assert.Equal(JobStatus.Scheduled, Given(Approved(Two)).When(new JobCommand.Submit(Id, later, Ada, T0) { Approves = true }).Then(Submitted(later), new JobEvent.Approved(Ada, null, T0), new JobEvent.Scheduled(T(60), T0)).Status);
    }

    [Fact]
    public void Submit_HasNothingToApprove_WhenTheWorkflowRequiresNoApproval() => Given(Two).When(new JobCommand.Submit(Id, Spec(), Ada, T0) { Approves = true }).Then(Submitted());

    [Fact]
    public void Approve_QueuesTheJob_WhenNothingElseHoldsItBack()
    {
        var after = Given(Approved(Two), Submitted()).When(new JobCommand.Approve(Ada, "fine", T(5)))
            .Then(new JobEvent.Approved(Ada, "fine", T(5)), new JobEvent.Queued(T(5)));
        Assert.Equal(JobStatus.Queued, after.Status);
    }

    [Fact]
    public void Approve_SchedulesTheJob_WhenItsStartTimeIsAhead()
    {
        var after = Given(Approved(Two), Submitted(Spec() with { StartAt = T(60) })).When(new JobCommand.Approve(Ada, null, T(5)))
            .Then(new JobEvent.Approved(Ada, null, T(5)), new JobEvent.Scheduled(T(60), T(5)));
        Assert.Equal(new JobWait(JobWaitKind.Time, T(60)), after.Wait);
    }

    [Fact]
    public void Approve_IsUnchanged_WhenItWasGivenBefore() =>
        Given(Approved(Two), Submitted(), new JobEvent.Approved(Ada, null, T(1)), new JobEvent.Queued(T(1)))
            .When(new JobCommand.Approve(Ada, null, T(2))).ThenUnchanged();

    [Fact]
    public void Approve_IsRefused_WhenTheWorkflowNeedsNone() =>
        Given(Two, Submitted()).When(new JobCommand.Approve(Ada, null, T(1))).ThenRejected("invalid-status");

    [Fact]
    public void Reject_EndsTheJobAsCancelled()
    {
        var after = Given(Approved(Two), Submitted()).When(new JobCommand.Reject(Ada, "no", T(1))).Then(new JobEvent.Rejected(Ada, "no", T(1)));
        Assert.Equal(JobStatus.Cancelled, after.Status);
        Assert.All(after.Steps, step => Assert.Equal(StepStatus.Cancelled, step.Status));
    }

    [Fact]
    public void WakeUp_QueuesAScheduledJob_WhenItsTimeHasCome()
    {
        var given = Given(Two, Submitted(Spec() with { StartAt = T(60) }));
        given.When(new JobCommand.WakeUp(T(59.999))).ThenUnchanged();
        given.When(new JobCommand.WakeUp(T(60))).Then(new JobEvent.Queued(T(60)));
    }

    [Fact]
    public void WakeUp_LeavesAScheduledJobWaiting_WhenItsDependenciesAreOpen()
    {
        var other = JobId.Create(T0, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        var after = Given(Two, Submitted(Spec() with { StartAt = T(60), DependsOn = [other] })).When(new JobCommand.WakeUp(T(61))).Then(new JobEvent.Waiting(T(61)));
        Assert.Equal(JobWaitKind.Dependencies, after.Wait.Kind);
    }

    [Fact]
    public void ResolveDependency_QueuesTheJob_WhenItWasTheLast()
    {
        var (first, second) = (JobId.Create(T0, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]), JobId.Create(T0, [2, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
        var waiting = Given(Two, Submitted(Spec() with { DependsOn = [first, second] }));
        Assert.Equal(JobStatus.Waiting, waiting.State.Status);
        var one = waiting.When(new JobCommand.ResolveDependency(first, JobStatus.Completed, T(1))).Then(new JobEvent.DependencyResolved(first, JobStatus.Completed, T(1)));
        new Given(one).When(new JobCommand.ResolveDependency(first, JobStatus.Completed, T(2))).ThenUnchanged();
        new Given(one).When(new JobCommand.ResolveDependency(second, JobStatus.Completed, T(2)))
            .Then(new JobEvent.DependencyResolved(second, JobStatus.Completed, T(2)), new JobEvent.Queued(T(2)));
    }

    [Fact]
    public void ResolveDependency_QueuesTheJob_WhenItNamedTheOtherTwice()
    {
        var other = JobId.Create(T0, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        Given(Two, Submitted(Spec() with { DependsOn = [other, other] })).When(new JobCommand.ResolveDependency(other, JobStatus.Completed, T(1)))
            .Then(new JobEvent.DependencyResolved(other, JobStatus.Completed, T(1)), new JobEvent.Queued(T(1)));
    }

    [Fact]
    public void ResolveDependency_FailsTheJob_WhenTheOtherDidNotComplete()
    {
        var other = JobId.Create(T0, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        var decision = Given(Two, Submitted(Spec() with { DependsOn = [other] })).When(new JobCommand.ResolveDependency(other, JobStatus.Failed, T(1)));
        var failed = Assert.IsType<JobEvent.Failed>(Assert.IsType<Decision.Accepted>(decision.Decision).Events[1]);
        Assert.Equal("DEPENDENCY_FAILED", failed.Failure.Code);
    }

    [Theory]
    [InlineData(JobStatus.Failed)]
    [InlineData(JobStatus.Cancelled)]
    public void ResolveDependency_FollowsThePolicy_WhenTheOtherDidNotComplete(JobStatus outcome)
    {
        var other = JobId.Create(T0, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        var resolve = new JobCommand.ResolveDependency(other, outcome, T(1));
        Given(Two, Submitted(Spec() with { DependsOn = [other], OnDependencyFailure = DependencyPolicy.Run })).When(resolve)
            .Then(new JobEvent.DependencyResolved(other, outcome, T(1)), new JobEvent.Queued(T(1)));
        var skipped = Given(Two, Submitted(Spec() with { DependsOn = [other], OnDependencyFailure = DependencyPolicy.Skip })).When(resolve)
            .Then(new JobEvent.DependencyResolved(other, outcome, T(1)),
                new JobEvent.Cancelled(Principal.Engine, $"It depends on {other}, which ended {outcome.ToText()}; there is nothing to do.", T(1)));
        Assert.Equal(JobStatus.Cancelled, skipped.Status);
    }

    [Fact]
    public void Pause_HoldsTheJob_UntilResumed()
    {
        var paused = Given(Two, Submitted()).When(new JobCommand.Pause(Ada, "wait", T(1))).Then(new JobEvent.Paused(Ada, "wait", T(1)));
        Assert.Equal((JobStatus.Paused, JobWaitKind.Pause, Ada), (paused.Status, paused.Wait.Kind, paused.PausedBy!));
        new Given(paused).When(new JobCommand.Pause(Ada, null, T(2))).ThenUnchanged();
        new Given(paused).When(new JobCommand.StartStep(new StepKey("a"), T(2))).ThenRejected("invalid-status");
        var resumed = new Given(paused).When(new JobCommand.Resume(Ada, null, T(3))).Then(new JobEvent.Resumed(Ada, null, T(3)));
        Assert.Equal(JobStatus.Queued, resumed.Status);
        new Given(resumed).When(new JobCommand.Resume(Ada, null, T(4))).ThenUnchanged();
    }

    [Fact]
    public void Resume_QueuesAScheduledJob_WhoseTimePassedWhilePaused() =>
        Given(Two, Submitted(Spec() with { StartAt = T(60) }), new JobEvent.Paused(Ada, null, T(1)))
            .When(new JobCommand.Resume(Ada, null, T(90))).Then(new JobEvent.Resumed(Ada, null, T(90)), new JobEvent.Queued(T(90)));

    [Fact]
    public void Pause_LetsRunningStepsFinish()
    {
        var given = Given(Two, Submitted(), new JobEvent.Started(T(1)), new JobEvent.StepStarted("a", null, 1, T(1)), new JobEvent.Paused(Ada, null, T(2)));
        Assert.Equal(JobWaitKind.Active, given.State.Wait.Kind);
        var after = given.When(new JobCommand.CompleteStep(new StepKey("a"), 1, null, [], T(3))).Then(new JobEvent.StepCompleted("a", null, 1, null, null, T(3)));
        Assert.Equal((JobStatus.Paused, JobWaitKind.Pause), (after.Status, after.Wait.Kind));
    }

    [Fact]
    public void Cancel_EndsEveryOpenStep()
    {
        var after = Given(Two, Submitted(), new JobEvent.Started(T(1)), new JobEvent.StepStarted("a", null, 1, T(1)))
            .When(new JobCommand.Cancel(Ada, "enough", T(2))).Then(new JobEvent.Cancelled(Ada, "enough", T(2)));
        Assert.All(after.Steps, step => Assert.Equal(StepStatus.Cancelled, step.Status));
        new Given(after).When(new JobCommand.Cancel(Ada, null, T(3))).ThenUnchanged();
        new Given(after).When(new JobCommand.CompleteStep(new StepKey("a"), 1, null, [], T(3))).ThenUnchanged();
    }

    [Fact]
    public void WakeUp_FailsTheJob_WhenItsTimeoutHasPassed()
    {
        var plan = new JobPlan("test", 1, "hash", [Step("a")]) { Timeout = TimeSpan.FromSeconds(10) };
        var given = Given(plan, Submitted(), new JobEvent.Started(T(1)), new JobEvent.StepStarted("a", null, 1, T(1)));
        given.When(new JobCommand.WakeUp(T(10.9))).ThenUnchanged();
        var failed = Assert.IsType<JobEvent.Failed>(Assert.IsType<Decision.Accepted>(given.When(new JobCommand.WakeUp(T(11))).Decision).Events.Single());
        Assert.Equal((ErrorClass.Timeout, "JOB_TIMEOUT"), (failed.Failure.Class, failed.Failure.Code));
    }

    [Fact]
    public void Complete_IsRefused_WhileStepsAreOpen() =>
        Given(Two, Submitted()).When(new JobCommand.Complete(null, T(1))).ThenRejected("steps-open");

    [Fact]
    public void Recover_IsNoWayAroundAnApproval()
    {
        var other = JobId.Create(T0, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        var failed = Given(Approved(Two), Submitted(Spec() with { DependsOn = [other] }), new JobEvent.Failed(new Failure(ErrorClass.Permanent, "no"), null, T(1)));
        failed.When(new JobCommand.Recover("a", Ada, null, T(2))).ThenRejected("never-started");
    }

    [Fact]
    public void Submit_TakesJsonsNullForNoInput() =>
        Given(Two).When(new JobCommand.Submit(Id, Spec() with { Input = Json("null") }, Ada, T0)).Then(Submitted());

    [Fact]
    public void ChangePriority_IsRecorded_AndIsUnchangedWhenEqual()
    {
        var after = Given(Two, Submitted()).When(new JobCommand.ChangePriority(7, Ada, null, T(1))).Then(new JobEvent.PriorityChanged(7, Ada, null, T(1)));
        Assert.Equal(7, after.Priority);
        new Given(after).When(new JobCommand.ChangePriority(7, Ada, null, T(2))).ThenUnchanged();
    }

    [Fact]
    public void AnyCommand_IsRefused_WhenThereIsNoJob() => Given(Two).When(new JobCommand.Cancel(Ada, null, T0)).ThenRejected("not-found");

    public static TheoryData<JobCommand> CommandsOfPeople => new(
        new JobCommand.Approve(Ada, null, T(99)), new JobCommand.Reject(Ada, null, T(99)), new JobCommand.Pause(Ada, null, T(99)),
        new JobCommand.Resume(Ada, null, T(99)), new JobCommand.Cancel(Ada, null, T(99)), new JobCommand.Recover("a", Ada, null, T(99)),
        new JobCommand.ChangePriority(1, Ada, null, T(99)));

    [Theory]
    [MemberData(nameof(CommandsOfPeople))]
    public void ACompletedJob_IsFinal(JobCommand command) =>
        Given(Plan(Step("a")), Submitted(), new JobEvent.Started(T(1)), new JobEvent.StepStarted("a", null, 1, T(1)),
            new JobEvent.StepCompleted("a", null, 1, null, null, T(2)), new JobEvent.Completed(null, T(2))).When(command).ThenRejected("invalid-status");
}
