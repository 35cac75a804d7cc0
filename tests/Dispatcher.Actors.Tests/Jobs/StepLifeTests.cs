using Dispatcher.Jobs;
using static Dispatcher.Actors.Tests.Jobs.JobSpecification;

namespace Dispatcher.Actors.Tests.Jobs;

public sealed class StepLifeTests
{
    private static readonly Failure Broken = new(ErrorClass.Transient, "broken");
    private static readonly StepKey A = new("a");

    private static JobEvent[] RunningA(params JobEvent[] more) =>
        [Submitted(), new JobEvent.Started(T(1)), new JobEvent.StepStarted("a", null, 1, T(1)), .. more];

    [Fact]
    public void StartStep_StartsTheJobToo_WhenItIsTheFirst()
    {
        var after = Given(Plan(Step("a")), Submitted()).When(new JobCommand.StartStep(A, T(1))).Then(new JobEvent.Started(T(1)), new JobEvent.StepStarted("a", null, 1, T(1)));
        Assert.Equal((JobStatus.Running, 1), (after.Status, after.Step("a").Attempt));
    }

    [Fact]
    public void StartStep_IsRefused_WhenItsNeedsAreOpen() =>
        Given(Plan(Step("a"), Step("b", 0)), Submitted()).When(new JobCommand.StartStep(new StepKey("b"), T(1))).ThenRejected("needs-open");

    [Fact]
    public void StartStep_IsRefused_WhenItRunsAlready() =>
        Given(Plan(Step("a")), RunningA()).When(new JobCommand.StartStep(A, T(2))).ThenRejected("invalid-step-status");

    [Fact]
    public void QueueStep_IsRecordedOnce()
    {
        var after = Given(Plan(Step("a")), Submitted()).When(new JobCommand.QueueStep(A, T(1))).Then(new JobEvent.StepQueued("a", null, T(1)));
        new Given(after).When(new JobCommand.QueueStep(A, T(2))).ThenUnchanged();
    }

    [Fact]
    public void QueueStep_IsRefused_BeforeARetryIsDue()
    {
        var given = Given(Plan(Step("a")), RunningA(new JobEvent.StepRetrying("a", null, 1, Broken, T(10), T(2))));
        given.When(new JobCommand.QueueStep(A, T(9))).ThenRejected("not-due");
        given.When(new JobCommand.QueueStep(A, T(10))).Then(new JobEvent.StepQueued("a", null, T(10)));
    }

    [Fact]
    public void CompleteStep_RecordsItsOutputOnce()
    {
        var output = Json("""{"x":1}""");
        var after = Given(Plan(Step("a"), Step("b", 0)), RunningA()).When(new JobCommand.CompleteStep(A, 1, output, [], T(2)))
            .Then(new JobEvent.StepCompleted("a", null, 1, output, null, T(2)));
        new Given(after).When(new JobCommand.CompleteStep(A, 1, Json("""{"x":2}"""), [], T(3))).ThenUnchanged();
        new Given(after).When(new JobCommand.FailStep(A, 1, Broken, T(3))).ThenUnchanged();
    }

    [Fact]
    public void CompleteStep_FailsTheStep_WhenItsOutputIsTooLarge()
    {
        var output = Json($"\"{new string('x', JobLimits.PayloadBytes)}\"");
        var decision = Given(Plan(Step("a")), RunningA()).When(new JobCommand.CompleteStep(A, 1, output, [], T(2)));
        var failed = Assert.IsType<JobEvent.StepFailed>(Assert.IsType<Decision.Accepted>(decision.Decision).Events[0]);
        Assert.Equal("OUTPUT_TOO_LARGE", failed.Failure.Code);
    }

    [Fact]
    public void FailStep_IsTriedAgain_AsLongAsThePolicyAllows()
    {
        var given = Given(Plan(Step("a")), RunningA());
        var waits = new List<double>();
        for (var attempt = 1; attempt < 4; attempt++)
        {
            var retrying = Assert.IsType<JobEvent.StepRetrying>(Assert.IsType<Decision.Accepted>(given.When(new JobCommand.FailStep(A, attempt, Broken, T(100 * attempt))).Decision).Events.Single());
            waits.Add((retrying.RetryAt - retrying.At).TotalSeconds);
            given = new Given(given.State.Evolve(retrying));
            given.When(new JobCommand.StartStep(A, retrying.RetryAt.AddMilliseconds(-1))).ThenRejected("not-due");
            given = new Given(given.When(new JobCommand.StartStep(A, retrying.RetryAt)).Then(new JobEvent.StepStarted("a", null, attempt + 1, retrying.RetryAt)));
        }

        Assert.Equal([1, 2, 4], waits);
        given.When(new JobCommand.FailStep(A, 4, Broken, T(999)))
            .Then(new JobEvent.StepFailed("a", null, 4, Broken, T(999)), new JobEvent.Failed(Broken, "a", T(999)));
    }

    [Theory]
    [InlineData(ErrorClass.InvalidInput)]
    [InlineData(ErrorClass.Permanent)]
    public void FailStep_IsNeverTriedAgain_WhenItsClassIsFinal(ErrorClass @class)
    {
        var failure = new Failure(@class, "no");
        var after = Given(Plan(Step("a"), Step("b", 0)), RunningA()).When(new JobCommand.FailStep(A, 1, failure, T(2)))
            .Then(new JobEvent.StepFailed("a", null, 1, failure, T(2)), new JobEvent.Failed(failure, "a", T(2)));
        Assert.Equal(StepStatus.Skipped, after.Step("b").Status);
    }

    [Fact]
    public void FailStep_CancelsStepsThatStillRun_WhenTheJobFails()
    {
        var failure = new Failure(ErrorClass.Permanent, "no");
        var after = Given(Plan(Step("a"), Step("b")), RunningA(new JobEvent.StepStarted("b", null, 1, T(1)))).When(new JobCommand.FailStep(A, 1, failure, T(2)))
            .Then(new JobEvent.StepFailed("a", null, 1, failure, T(2)), new JobEvent.Failed(failure, "a", T(2)));
        Assert.Equal(StepStatus.Cancelled, after.Step("b").Status);
    }

    [Fact]
    public void FailStep_OfALostWorker_IsTriedAgainAtOnce_AndCounts()
    {
        var lost = new Failure(ErrorClass.WorkerLost, "gone");
        var plan = Plan(Step("a") with { Retry = new RetryPolicy { MaxAttempts = 2 } });
        var after = Given(plan, RunningA()).When(new JobCommand.FailStep(A, 1, lost, T(2))).Then(new JobEvent.StepRetrying("a", null, 1, lost, T(2), T(2)));
        var second = new Given(after).When(new JobCommand.StartStep(A, T(2))).Then(new JobEvent.StepStarted("a", null, 2, T(2)));
        new Given(second).When(new JobCommand.FailStep(A, 2, lost, T(3))).Then(new JobEvent.StepFailed("a", null, 2, lost, T(3)), new JobEvent.Failed(lost, "a", T(3)));
    }

    [Fact]
    public void FailStep_LetsTheJobGoOn_WhenTheStepMayFail()
    {
        var failure = new Failure(ErrorClass.Permanent, "no");
        var after = Given(Plan(Step("a") with { OnError = OnError.Continue }, Step("b", 0)), RunningA()).When(new JobCommand.FailStep(A, 1, failure, T(2)))
            .Then(new JobEvent.StepFailed("a", null, 1, failure, T(2)));
        Assert.True(after.NeedsMet(1));
    }

    [Fact]
    public void ReleaseStep_DoesNotCountTheAttempt()
    {
        var after = Given(Plan(Step("a")), RunningA()).When(new JobCommand.ReleaseStep(A, 1, T(2))).Then(new JobEvent.StepReleased("a", null, 1, T(2)));
        new Given(after).When(new JobCommand.StartStep(A, T(3))).Then(new JobEvent.StepStarted("a", null, 1, T(3)));
    }

    [Fact]
    public void SleepStep_CompletesAtItsTime_WithTheOutputGivenBefore()
    {
        var output = Json("7");
        var asleep = Given(Plan(Step("a")), RunningA()).When(new JobCommand.SleepStep(A, 1, T(3600), output, T(2)))
            .Then(new JobEvent.StepSleeping("a", null, 1, T(3600), output, T(2)));
        Assert.Equal(new JobWait(JobWaitKind.Time, T(3600)), asleep.Wait);
        new Given(asleep).When(new JobCommand.WakeUp(T(3599))).ThenUnchanged();
        new Given(asleep).When(new JobCommand.WakeUp(T(3600))).Then(new JobEvent.StepCompleted("a", null, 1, output, null, T(3600)));
    }

    [Fact]
    public void CompleteStep_TakesJsonsNullForNoOutput_SoThatAReplayIsEqual() =>
        Given(Plan(Step("a")), RunningA()).When(new JobCommand.CompleteStep(A, 1, Json("null"), [], T(2))).Then(new JobEvent.StepCompleted("a", null, 1, null, null, T(2)));

    [Fact]
    public void CheckpointStep_IsKeptForTheNextAttempt_AndRefusedFromAnOldOne()
    {
        var checkpoint = Json("""{"chunk":3}""");
        var after = Given(Plan(Step("a")), RunningA()).When(new JobCommand.CheckpointStep(A, 1, checkpoint, T(2))).Then(new JobEvent.StepCheckpointed("a", null, 1, checkpoint, T(2)));
        var retrying = new Given(after).When(new JobCommand.FailStep(A, 1, Broken, T(3))).Then(new JobEvent.StepRetrying("a", null, 1, Broken, T(4), T(3)));
        Assert.Equal("""{"chunk":3}""", retrying.Step("a").Checkpoint!.Value.GetRawText());
        new Given(retrying).When(new JobCommand.CheckpointStep(A, 1, checkpoint, T(4))).ThenRejected("late");
    }

    [Fact]
    public void SkipStep_LetsItsDependentsRun()
    {
        var after = Given(Plan(Step("a"), Step("b", 0)), Submitted()).When(new JobCommand.SkipStep("a", "no", T(1))).Then(new JobEvent.StepSkipped("a", "no", T(1)));
        Assert.True(after.NeedsMet(1));
    }

    [Fact]
    public void Complete_StartsTheJobFirst_WhenEveryStepWasSkipped() =>
        Given(Plan(Step("a")), Submitted(), new JobEvent.StepSkipped("a", "no", T(1))).When(new JobCommand.Complete(null, T(1)))
            .Then(new JobEvent.Started(T(1)), new JobEvent.Completed(null, T(1)));

    [Fact]
    public void Recover_ResetsTheStepAndAllThatNeedIt_AndCounts()
    {
        var failure = new Failure(ErrorClass.Permanent, "no");
        var plan = new JobPlan("test", 1, "hash", [Step("a"), Step("b", 0), Step("c", 1), Step("d")]) { MaxRecoveryAttempts = 1 };
        JobEvent[] life =
        [
            .. RunningA(), new JobEvent.StepCompleted("a", null, 1, Json("1"), null, T(2)), new JobEvent.StepStarted("d", null, 1, T(2)), new JobEvent.StepCompleted("d", null, 1, null, null, T(2)),
            new JobEvent.StepStarted("b", null, 1, T(3)), new JobEvent.StepFailed("b", null, 1, failure, T(4)), new JobEvent.Failed(failure, "b", T(4)),
        ];
        var after = Given(plan, life).When(new JobCommand.Recover("b", Ada, "again", T(9))).Then(new JobEvent.Recovering("b", 1, Ada, "again", T(9)));
        Assert.Equal(JobStatus.Recovering, after.Status);
        Assert.Equal([StepStatus.Completed, StepStatus.Pending, StepStatus.Pending, StepStatus.Completed], after.Steps.Select(step => step.Status));
        var running = new Given(after).When(new JobCommand.StartStep(new StepKey("b"), T(10))).Then(new JobEvent.Started(T(10)), new JobEvent.StepStarted("b", null, 1, T(10)));
        var again = running.Evolve(new JobEvent.StepFailed("b", null, 1, failure, T(11))).Evolve(new JobEvent.Failed(failure, "b", T(11)));
        new Given(again).When(new JobCommand.Recover("b", Ada, null, T(12))).ThenRejected("recovery-exhausted");
        new Given(again with { RecoveryAttempts = 0 }).When(new JobCommand.Recover("x", Ada, null, T(12))).ThenRejected("unknown-step");
    }

    [Fact]
    public void Recover_PassesOverWhatDidNotEndWell_WhenItIsToldTo()
    {
        var failure = new Failure(ErrorClass.Permanent, "no");
        JobEvent[] life = [.. RunningA(), new JobEvent.StepFailed("a", null, 1, failure, T(2)), new JobEvent.Failed(failure, "a", T(2))];
        var command = new JobCommand.Recover("c", Ada, null, T(9)) { PassOver = true };
        Assert.Equal(command, CommandCodec.Decode(CommandCodec.Encode(command)));
        var recovering = new JobEvent.Recovering("c", 1, Ada, null, T(9)) { PassOver = true };
        Assert.Equal(recovering, EventCodec.Decode("job.recovering", T(9), EventCodec.Encode(recovering)));
        var after = Given(Plan(Step("a"), Step("b", 0), Step("c", 1), Step("d", 2)), life).When(command).Then(recovering);
        Assert.Equal([StepStatus.Skipped, StepStatus.Skipped, StepStatus.Pending, StepStatus.Pending], after.Steps.Select(step => step.Status));
        Assert.Equal("Passed over by a recovery from c.", after.Step("a").SkipReason);
        Assert.True(after.NeedsMet(2));
        Assert.Empty(JobInvariants.Broken(after));
    }

    [Fact]
    public void Recover_KeepsAStepThatMayFail_WhenNothingOfItIsAskedFor()
    {
        var failure = new Failure(ErrorClass.Permanent, "no");
        var plan = Plan(Step("a") with { OnError = OnError.Continue }, Step("b", 0), Step("c"));
        JobEvent[] life =
        [
            .. RunningA(), new JobEvent.StepFailed("a", null, 1, failure, T(2)), new JobEvent.StepStarted("b", null, 1, T(2)), new JobEvent.StepCompleted("b", null, 1, null, null, T(3)),
            new JobEvent.StepStarted("c", null, 1, T(3)), new JobEvent.StepFailed("c", null, 1, failure, T(4)), new JobEvent.Failed(failure, "c", T(4)),
        ];
        var after = Given(plan, life).When(new JobCommand.Recover("c", Ada, null, T(9))).Then(new JobEvent.Recovering("c", 1, Ada, null, T(9)));
        Assert.Equal([StepStatus.Failed, StepStatus.Completed, StepStatus.Pending], after.Steps.Select(step => step.Status));
    }

    [Fact]
    public void RetryPolicy_SpreadsByItsJitter_AndIsTheSameAtEachReplay()
    {
        var policy = new RetryPolicy { Jitter = 0.2, Initial = TimeSpan.FromSeconds(10), Factor = 1 };
        var delays = Enumerable.Range(0, 1000).Select(seed => policy.DelayAfter(1, Broken, (ulong)seed).TotalSeconds).ToArray();
        Assert.All(delays, delay => Assert.InRange(delay, 8, 12));
        Assert.InRange(delays.Average(), 9.8, 10.2);
        Assert.Equal(policy.DelayAfter(3, Broken, 42), policy.DelayAfter(3, Broken, 42));
    }

    [Fact]
    public void RetryPolicy_NeverWaitsLongerThanItsMaximum() =>
        Assert.Equal(TimeSpan.FromMinutes(1), RetryPolicy.Default.DelayAfter(500, Broken, 1));
}
