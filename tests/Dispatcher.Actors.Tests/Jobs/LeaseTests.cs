using Dispatcher.Jobs;
using static Dispatcher.Actors.Tests.Jobs.JobSpecification;

namespace Dispatcher.Actors.Tests.Jobs;

/// <summary>Leases of workers outside, and retries that somebody asks for.</summary>
public sealed class LeaseTests
{
    private static readonly StepKey A = new("a");
    private static readonly Failure Broken = new(ErrorClass.Transient, "broken");
    private static readonly JobPlan One = Plan(Step("a"));

    private static Given RunningA(params JobEvent[] more) => Given(One, [Submitted(), new JobEvent.Started(T(1)), new JobEvent.StepStarted("a", null, 1, T(1)), .. more]);

    [Fact]
    public void LeaseStep_GivesTheNumberOfItsOwnEvent_AndALaterOneIsLarger()
    {
        var first = RunningA().When(new JobCommand.LeaseStep(A, 1, "w1", T(2))).Then(new JobEvent.StepLeased("a", null, 1, "w1", 4, T(2)));
        Assert.Equal((new StepLease("w1", 4), 4L), (first.Step("a").Lease, first.SequenceNr));
        var second = new Given(first).When(new JobCommand.LeaseStep(A, 1, "w2", T(3))).Then(new JobEvent.StepLeased("a", null, 1, "w2", 5, T(3)));
        Assert.Equal(new StepLease("w2", 5), second.Step("a").Lease);
        Assert.True(second.HasExecutingSteps);
    }

    [Fact]
    public void ALease_EndsWithItsAttempt()
    {
        var leased = new Given(RunningA().State.Evolve(new JobEvent.StepLeased("a", null, 1, "w", 4, T(2))));
        Assert.Null(After(leased, new JobCommand.CompleteStep(A, 1, null, [], T(3))).Step("a").Lease);
        Assert.Null(After(leased, new JobCommand.FailStep(A, 1, Broken, T(3))).Step("a").Lease);
        Assert.Null(After(leased, new JobCommand.Cancel(Ada, null, T(3))).Step("a").Lease);
        Assert.Null(After(leased, new JobCommand.ReleaseStep(A, 1, T(3))).Step("a").Lease);
    }

    [Fact]
    public void LeaseStep_IsRefused_WhenTheAttemptIsOver()
    {
        RunningA().When(new JobCommand.LeaseStep(A, 2, "w", T(2))).ThenRejected("late");
        RunningA(new JobEvent.StepCompleted("a", null, 1, null, null, T(2))).When(new JobCommand.LeaseStep(A, 1, "w", T(3))).ThenRejected("late");
        RunningA().When(new JobCommand.LeaseStep(A, 1, "", T(2))).ThenRejected("invalid-worker");
        RunningA().When(new JobCommand.LeaseStep(A, 1, new string('w', JobLimits.WorkerCharacters + 1), T(2))).ThenRejected("invalid-worker");
    }

    [Fact]
    public void RetryStep_MakesAStepInBackoffDueAtOnce()
    {
        var waiting = RunningA(new JobEvent.StepRetrying("a", null, 1, Broken, T(600), T(2)));
        Assert.Equal("pause cancel retry priority", string.Join(' ', AllowedCommands.Of(waiting.State)));
        var command = new JobCommand.RetryStep(A, Ada, "fixed", T(5));
        var due = waiting.When(command).Then(new JobEvent.StepRetryRequested("a", null, Ada, "fixed", T(5)));
        Assert.Equal(T(5), due.NextWakeUp);
        new Given(due).When(command).ThenUnchanged();
        new Given(due).When(new JobCommand.StartStep(A, T(5))).Then(new JobEvent.StepStarted("a", null, 2, T(5)));
    }

    [Fact]
    public void RetryStep_RecoversAFailedJob_FromThatStep()
    {
        var failed = RunningA(new JobEvent.StepFailed("a", null, 1, Broken, T(2)), new JobEvent.Failed(Broken, "a", T(2)));
        Assert.Equal("recover retry", string.Join(' ', AllowedCommands.Of(failed.State)));
        failed.When(new JobCommand.RetryStep(A, Ada, "again", T(5))).Then(new JobEvent.Recovering("a", 1, Ada, "again", T(5)));
    }

    [Fact]
    public void RetryStep_IsRefused_WhenTheStepDoesNotWaitToBeTriedAgain()
    {
        RunningA().When(new JobCommand.RetryStep(A, Ada, null, T(5))).ThenRejected("invalid-step-status");
        RunningA().When(new JobCommand.RetryStep(new StepKey("z"), Ada, null, T(5))).ThenRejected("unknown-step");
        RunningA(new JobEvent.Cancelled(Ada, null, T(2))).When(new JobCommand.RetryStep(A, Ada, null, T(5))).ThenRejected("invalid-status");
    }

    private static JobState After(Given given, JobCommand command) =>
        Assert.IsType<Decision.Accepted>(given.When(command).Decision).Events.Aggregate(given.State, (state, e) => state.Evolve(e));
}
