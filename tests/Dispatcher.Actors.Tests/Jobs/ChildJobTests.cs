using System.Collections.Immutable;
using Dispatcher.Jobs;
using static Dispatcher.Actors.Tests.Jobs.JobSpecification;

namespace Dispatcher.Actors.Tests.Jobs;

/// <summary>Steps that make a job and wait for it.</summary>
public sealed class ChildJobTests
{
    private static readonly StepKey A = new("a");
    private static readonly JobId Child = JobId.Create(T0, [9, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    private static readonly ChildRequest Asked = new(new WorkflowReference("child", 2, "other-hash"), Json("""{"n":1}"""), 5, null);
    private static readonly JobPlan Two = Plan(Step("a"), Step("b", 0));

    private static Given RunningA(JobPlan? plan = null, JobSpec? spec = null) =>
        Given(plan ?? Two, Submitted(spec), new JobEvent.Started(T(1)), new JobEvent.StepStarted("a", null, 1, T(1)));

    private static JobEvent.StepAwaiting Awaiting(ChildRequest? request = null, DateTimeOffset? until = null) =>
        new("a", null, 1, AwaitKind.Child, until, T(2)) { Child = Child, Request = request ?? Asked };

    private static Given WaitingA(ChildRequest? request = null, JobPlan? plan = null) =>
        new(RunningA(plan).State.Evolve(Awaiting(request)).Evolve(new JobEvent.StepChildCreated("a", null, Child, T(3))));

    [Fact]
    public void AwaitChild_RecordsTheChild_AndWaitsOnlyWhenItIsStored()
    {
        var command = new JobCommand.AwaitChild(A, 1, Child, Asked, T(2));
        var recorded = RunningA().When(command).Then(Awaiting());
        Assert.Equal(JobWaitKind.Active, recorded.Wait.Kind);
        new Given(recorded).When(command).ThenUnchanged();
        var created = new Given(recorded).When(new JobCommand.ConfirmChild(A, Child, T(3))).Then(new JobEvent.StepChildCreated("a", null, Child, T(3)));
        Assert.Equal(new JobWait(JobWaitKind.Child, null), created.Wait);
        Assert.Null(created.Step("a").Waiting!.Uncreated);
        new Given(created).When(new JobCommand.ConfirmChild(A, Child, T(4))).ThenUnchanged();
    }

    [Fact]
    public void APausedJob_IsNotAtRest_BeforeItsChildIsStored()
    {
        var paused = new Given(RunningA().State.Evolve(Awaiting())).When(new JobCommand.Pause(Ada, null, T(2))).Then(new JobEvent.Paused(Ada, null, T(2)));
        Assert.Equal(JobWaitKind.Active, paused.Wait.Kind);
        Assert.Equal(JobWaitKind.Pause, paused.Evolve(new JobEvent.StepChildCreated("a", null, Child, T(3))).Wait.Kind);
    }

    [Fact]
    public void TheChildsSpec_IsOfItsParentsTenantAndTrace()
    {
        var parent = RunningA(spec: Spec() with { Tenant = "acme", CorrelationId = "c", TraceParent = "t" }).State;
        var labels = ImmutableSortedDictionary<string, string>.Empty.Add("k", "v");
        var spec = (Asked with { Labels = labels }).SpecFor(parent, new StepKey("a", 3));
        Assert.Equal(("acme", "c", "t", 5, Asked.Workflow), (spec.Tenant, spec.CorrelationId, spec.TraceParent, spec.Priority, spec.Workflow));
        Assert.Equal((new ParentReference(Id, "a", 3, 1), labels), (spec.Parent, spec.Labels));
    }

    [Fact]
    public void EndChild_CompletesTheStep_WithItsOutput()
    {
        var output = Json($$"""{"job_id":"{{Child}}","output":{"x":1} }""");
        var command = new JobCommand.EndChild(A, Child, JobStatus.Completed, Json("""{"x":1}"""), null, T(9));
        var after = WaitingA().When(command).Then(new JobEvent.StepCompleted("a", null, 1, output, null, T(9)));
        new Given(after).When(command).ThenUnchanged();
        // A child that ended before its creation was noted has been created.
        new Given(RunningA().State.Evolve(Awaiting())).When(command).Then(new JobEvent.StepCompleted("a", null, 1, output, null, T(9)));
    }

    [Fact]
    public void EndChild_GivesNull_WhenTheChildHasNoOutput() =>
        WaitingA().When(new JobCommand.EndChild(A, Child, JobStatus.Completed, null, null, T(9)))
            .Then(new JobEvent.StepCompleted("a", null, 1, Json($$"""{"job_id":"{{Child}}","output":null}"""), null, T(9)));

    [Theory]
    [InlineData(JobStatus.Failed, "no disk", "failed: no disk")]
    [InlineData(JobStatus.Cancelled, "enough", "was cancelled: enough")]
    [InlineData(JobStatus.Cancelled, null, "was cancelled")]
    public void EndChild_FailsTheStepForGood_WhenTheChildDidNotComplete(JobStatus outcome, string? cause, string said)
    {
        var failure = new Failure(ErrorClass.Permanent, $"The child job {Child} {said}", "CHILD_FAILED");
        WaitingA().When(new JobCommand.EndChild(A, Child, outcome, null, cause, T(9)))
            .Then(new JobEvent.StepFailed("a", null, 1, failure, T(9)), new JobEvent.Failed(failure, "a", T(9)));
    }

    [Fact]
    public void EndChild_LetsTheStepTryAnotherChild_WhenItSaysTransient()
    {
        var failure = new Failure(ErrorClass.Transient, $"The child job {Child} failed: x", "CHILD_FAILED");
        var after = WaitingA(Asked with { FailsAs = ErrorClass.Transient }).When(new JobCommand.EndChild(A, Child, JobStatus.Failed, null, "x", T(9)))
            .Then(new JobEvent.StepRetrying("a", null, 1, failure, T(10), T(9)));
        Assert.Equal((default, JobWaitKind.Time), (after.Waits, after.Wait.Kind));
    }

    [Fact]
    public void EndChild_IsLate_WhenTheStepWaitsForAnother()
    {
        var other = JobId.Create(T0, [8, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        WaitingA().When(new JobCommand.EndChild(A, other, JobStatus.Completed, null, null, T(9))).ThenUnchanged();
        RunningA().When(new JobCommand.EndChild(A, Child, JobStatus.Completed, null, null, T(9))).ThenUnchanged();
    }

    [Fact]
    public void AwaitChild_FailsTheStep_WhenChildrenNestTooDeep()
    {
        var deepest = Spec() with { Parent = new ParentReference(Child, "x", null, JobLimits.ChildDepth) };
        var events = Accepted(RunningA(spec: deepest), new JobCommand.AwaitChild(A, 1, Child, Asked, T(2)));
        Assert.Equal("CHILD_TOO_DEEP", Assert.IsType<JobEvent.StepFailed>(events[0]).Failure.Code);
        var allowed = Spec() with { Parent = new ParentReference(Child, "x", null, JobLimits.ChildDepth - 1) };
        Assert.IsType<JobEvent.StepAwaiting>(Accepted(RunningA(spec: allowed), new JobCommand.AwaitChild(A, 1, Child, Asked, T(2)))[0]);
    }

    [Fact]
    public void AwaitChild_FailsTheStep_WhenTheChildWouldBeRefused()
    {
        var events = Accepted(RunningA(), new JobCommand.AwaitChild(A, 1, Child, Asked with { Priority = 999 }, T(2)));
        Assert.Equal("CHILD_REFUSED", Assert.IsType<JobEvent.StepFailed>(events[0]).Failure.Code);
    }

    [Fact]
    public void TheStepsTimeout_EndsTheWait()
    {
        var plan = Plan(Step("a") with { Timeout = TimeSpan.FromSeconds(60) });
        var waiting = RunningA(plan).When(new JobCommand.AwaitChild(A, 1, Child, Asked, T(2))).Then(Awaiting(until: T(61)));
        var retrying = Assert.IsType<JobEvent.StepRetrying>(Accepted(new Given(waiting), new JobCommand.WakeUp(T(61)))[0]);
        Assert.Equal((ErrorClass.Timeout, "TIMEOUT"), (retrying.Failure.Class, retrying.Failure.Code));
    }

    [Fact]
    public void Submit_IsRefused_WhenItsParentIsTooDeep() =>
        Given(Two).When(new JobCommand.Submit(Id, Spec() with { Parent = new ParentReference(Child, "x", null, JobLimits.ChildDepth + 1) }, Ada, T0)).ThenRejected("invalid-parent");

    [Fact]
    public void TheNoteOfAnEndedChild_SaysWhoseItIs_AndWhatItGave()
    {
        var child = Given(Two, Submitted(Spec() with { Parent = new ParentReference(Child, "x", 3) }));
        Assert.True(EndNote.Of(Given(Two, Submitted()).State).IsEmpty);
        var failed = EndNote.Read(EndNote.Of(child.State.Evolve(new JobEvent.Failed(new Failure(ErrorClass.Permanent, "no"), null, T(1)))).Span)!;
        Assert.Equal(("x", 3, "no", null), (failed.Step, failed.Item, failed.Failure!.Message, failed.Reason));
        var completed = EndNote.Read(EndNote.Of(child.State.Evolve(new JobEvent.Completed(Json("[1]"), T(1)))).Span)!;
        Assert.Equal("[1]", completed.Output!.Value.GetRawText());
        Assert.Null(EndNote.Read(default));
    }

    private static IReadOnlyList<JobEvent> Accepted(Given given, JobCommand command) => Assert.IsType<Decision.Accepted>(given.When(command).Decision).Events;
}
