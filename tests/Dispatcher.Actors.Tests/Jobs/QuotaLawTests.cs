using Dispatcher.Jobs;
using static Dispatcher.Actors.Tests.Jobs.JobSpecification;

namespace Dispatcher.Actors.Tests.Jobs;

/// <summary>What a job that takes something of a meter records about it.</summary>
public sealed class QuotaLawTests
{
    private static readonly JobSpec Metered = Spec() with { Quota = new QuotaReservation("minutes", 15, TimeSpan.FromHours(1)) };

    [Fact]
    public void Submit_KeepsWhatIsHeld()
    {
        var after = Given(Plan(Step("a"))).When(new JobCommand.Submit(Id, Metered, Ada, T0)).Then(Submitted(Metered));
        Assert.Equal(Metered.Quota, after.Spec.Quota);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(JobLimits.QuotaAmount + 1)]
    public void Submit_IsRefused_WhenTheAmountIsOutOfRange(long amount) =>
        Given(Plan(Step("a"))).When(new JobCommand.Submit(Id, Spec() with { Quota = new QuotaReservation("minutes", amount) }, Ada, T0)).ThenRejected("invalid-quota");

    [Fact]
    public void Complete_RecordsTheCharge()
    {
        var charge = new QuotaCharge(12, 11.4m);
        var after = Done(Metered).When(new JobCommand.Complete(null, T(5)) { Charge = charge }).Then(new JobEvent.Completed(null, T(5)) { Charge = charge });
        Assert.Equal(charge, after.Charge);
    }

    [Fact]
    public void Complete_ChargesWhatIsHeld_WhenNobodySaysMore() =>
        Done(Metered).When(new JobCommand.Complete(null, T(5))).Then(new JobEvent.Completed(null, T(5)) { Charge = new QuotaCharge(15) });

    [Fact]
    public void Complete_ChargesNothing_WhenNothingIsHeld() =>
        Done(Spec()).When(new JobCommand.Complete(null, T(5)) { Charge = new QuotaCharge(3) }).Then(new JobEvent.Completed(null, T(5)));

    [Fact]
    public void ASnapshot_KeepsTheChargeAndTheHold()
    {
        var state = Done(Metered).When(new JobCommand.Complete(null, T(5)) { Charge = new QuotaCharge(15, null, "no value") }).Then(
            new JobEvent.Completed(null, T(5)) { Charge = new QuotaCharge(15, null, "no value") });
        var read = SnapshotCodec.Decode(SnapshotCodec.Version, SnapshotCodec.Encode(state), state.Plan)!;
        Assert.Equal((state.Charge, state.Spec.Quota), (read.Charge, read.Spec.Quota));
    }

    /// <summary>A request is the same whatever its estimate was: the engine makes it, and the way in which it does may change.</summary>
    [Fact]
    public void TheFingerprint_DoesNotDependOnTheHold() => Assert.Equal(Spec().Fingerprint(), Metered.Fingerprint());

    [Fact]
    public void AChildThatIsRefusedForGood_FailsTheStep_WhateverTheStepSaysOfItsChildren()
    {
        var child = JobId.Create(T(1), new byte[10]);
        var request = new ChildRequest(new WorkflowReference("child", 1, "hash"), null, 0, null, ErrorClass.Transient);
        var waiting = Given(Plan(Step("a")), Submitted(), new JobEvent.Started(T(1)), new JobEvent.StepStarted("a", null, 1, T(1)),
            new JobEvent.StepAwaiting("a", null, 1, AwaitKind.Child, null, T(2)) { Child = child, Request = request });
        var failure = Failure.Of(ErrorClass.Permanent, "The child job was refused: no quota", "QUOTA_EXCEEDED");
        waiting.When(new JobCommand.EndChild(new StepKey("a"), child, JobStatus.Failed, null, "no quota", T(3)) { Refusal = failure })
            .Then(new JobEvent.StepFailed("a", null, 1, failure, T(3)), new JobEvent.Failed(failure, "a", T(3)));
    }

    private static Given Done(JobSpec spec) => Given(
        Plan(Step("a")), Submitted(spec), new JobEvent.Started(T(1)), new JobEvent.StepStarted("a", null, 1, T(1)), new JobEvent.StepCompleted("a", null, 1, null, null, T(2)));
}
