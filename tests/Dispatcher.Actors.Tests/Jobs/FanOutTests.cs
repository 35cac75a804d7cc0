using Dispatcher.Jobs;
using static Dispatcher.Actors.Tests.Jobs.JobSpecification;

namespace Dispatcher.Actors.Tests.Jobs;

public sealed class FanOutTests
{
    private static readonly Failure Bad = new(ErrorClass.Permanent, "bad item");

    private static JobPlan Items(OnError onError = OnError.Fail, int maxConcurrency = 0) =>
        Plan(Step("a") with { IsFanOut = true, OnError = onError, MaxConcurrency = maxConcurrency }, Step("b", 0));

    private static JobEvent[] Expanded(int items, params JobEvent[] more) =>
        [Submitted(), new JobEvent.Started(T(1)), new JobEvent.StepExpanded("a", items, T(1)), .. more];

    private static JobEvent.StepStarted Start(int item) => new("a", item, 1, T(2));

    private static StepKey Item(int index) => new("a", index);

    [Fact]
    public void ExpandStep_StartsTheJob_AndCompletesAtOnceWithoutItems()
    {
        Given(Items(), Submitted()).When(new JobCommand.ExpandStep("a", 3, T(1))).Then(new JobEvent.Started(T(1)), new JobEvent.StepExpanded("a", 3, T(1)));
        var empty = Given(Items(), Submitted()).When(new JobCommand.ExpandStep("a", 0, T(1)))
            .Then(new JobEvent.Started(T(1)), new JobEvent.StepExpanded("a", 0, T(1)), new JobEvent.StepCompleted("a", null, 0, null, null, T(1)));
        Assert.True(empty.NeedsMet(1));
    }

    [Fact]
    public void ExpandStep_FailsTheJob_WhenThereAreTooManyItems()
    {
        var decision = Given(Items(), Submitted()).When(new JobCommand.ExpandStep("a", JobLimits.FanOutItems + 1, T(1)));
        var failed = Assert.IsType<JobEvent.Failed>(Assert.IsType<Decision.Accepted>(decision.Decision).Events[^1]);
        Assert.Contains("10,001", failed.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void StartStep_TakesItemsInTheirOrder()
    {
        var given = Given(Items(), Expanded(3));
        given.When(new JobCommand.StartStep(Item(1), T(2))).ThenRejected("out-of-order");
        given.When(new JobCommand.StartStep(Item(3), T(2))).ThenRejected("unknown-step");
        given.When(new JobCommand.StartStep(new StepKey("a"), T(2))).ThenRejected("invalid-step-status");
        given.When(new JobCommand.StartStep(Item(0), T(2))).Then(Start(0));
    }

    [Fact]
    public void StartStep_IsRefused_BeyondTheJobsOwnCap() =>
        Given(Items(maxConcurrency: 2), Expanded(5, Start(0), Start(1))).When(new JobCommand.StartStep(Item(2), T(3))).ThenRejected("item-limit");

    [Fact]
    public void CompleteStep_CompletesTheStep_WithItsLastItem()
    {
        var given = Given(Items(), Expanded(2, Start(0), Start(1), new JobEvent.StepCompleted("a", 1, 1, Json("1"), null, T(3))));
        var after = given.When(new JobCommand.CompleteStep(Item(0), 1, Json("0"), [], T(4)))
            .Then(new JobEvent.StepCompleted("a", 0, 1, Json("0"), null, T(4)), new JobEvent.StepCompleted("a", null, 0, null, null, T(4)));
        Assert.Equal((2, 0), (after.Step("a").FanOut!.Completed, after.Step("a").FanOut!.Failed));
    }

    [Fact]
    public void FailStep_FailsTheJob_WhenAnItemFailsForGood()
    {
        var decision = Given(Items(), Expanded(2, Start(0), Start(1))).When(new JobCommand.FailStep(Item(1), 1, Bad, T(3)));
        var events = Assert.IsType<Decision.Accepted>(decision.Decision).Events;
        Assert.Equal(["step.failed", "step.failed", "job.failed"], events.Select(EventCodec.NameOf));
        Assert.Contains("Item 1", ((JobEvent.Failed)events[2]).Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FailStep_KeepsTheItemsThatWorked_WhenItemsMayFail()
    {
        var given = Given(Items(OnError.Continue), Expanded(2, Start(0), Start(1), new JobEvent.StepCompleted("a", 0, 1, null, null, T(3))));
        given.When(new JobCommand.FailStep(Item(1), 1, Bad, T(4)))
            .Then(new JobEvent.StepFailed("a", 1, 1, Bad, T(4)), new JobEvent.StepCompleted("a", null, 0, null, null, T(4)));
    }

    [Fact]
    public void FailStep_FailsTheJob_WhenNoItemWorked()
    {
        var given = Given(Items(OnError.Continue), Expanded(2, Start(0), Start(1), new JobEvent.StepFailed("a", 0, 1, Bad, T(3))));
        var events = Assert.IsType<Decision.Accepted>(given.When(new JobCommand.FailStep(Item(1), 1, Bad, T(4))).Decision).Events;
        Assert.Equal(["step.failed", "step.failed", "job.failed"], events.Select(EventCodec.NameOf));
        Assert.StartsWith("All 2 items", ((JobEvent.Failed)events[2]).Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AJob_SleepsOnlyWhenEveryOpenItemDoes()
    {
        var given = Given(Items(maxConcurrency: 2), Expanded(3, Start(0), Start(1), new JobEvent.StepSleeping("a", 0, 1, T(100), null, T(3))));
        Assert.Equal(JobWaitKind.Active, given.State.Wait.Kind);
        var asleep = given.When(new JobCommand.SleepStep(Item(1), 1, T(50), null, T(4))).Then(new JobEvent.StepSleeping("a", 1, 1, T(50), null, T(4)));
        Assert.Equal(new JobWait(JobWaitKind.Time, T(50)), asleep.Wait);
        var awake = new Given(asleep).When(new JobCommand.WakeUp(T(50))).Then(new JobEvent.StepCompleted("a", 1, 1, null, null, T(50)));
        Assert.Equal(JobWaitKind.Active, awake.Wait.Kind);
    }

    [Fact]
    public void Cancel_ClosesEveryItem()
    {
        var after = Given(Items(), Expanded(3, Start(0), Start(1))).When(new JobCommand.Cancel(Ada, null, T(5))).Then(new JobEvent.Cancelled(Ada, null, T(5)));
        Assert.All(after.Step("a").FanOut!.Items, item => Assert.Equal(StepStatus.Cancelled, item.Status));
    }

    [Fact]
    public void FailStep_OfAnItemBeforeItsTurn_IsRefused() =>
        Given(Items(), Expanded(5)).When(new JobCommand.FailStep(Item(3), 0, Bad, T(3))).ThenRejected("out-of-order");

    [Fact]
    public void FailStep_ClosesTheOtherItems_WhenOneFailsTheJob()
    {
        var after = Given(Items(), Expanded(3, Start(0), Start(1))).When(new JobCommand.FailStep(Item(1), 1, Bad, T(3))).Decision;
        var state = Assert.IsType<Decision.Accepted>(after).Events.Aggregate(Given(Items(), Expanded(3, Start(0), Start(1))).State, (before, e) => before.Evolve(e));
        Assert.Equal([StepStatus.Cancelled, StepStatus.Failed], state.Step("a").FanOut!.Items.Select(item => item.Status));
        Assert.Empty(JobInvariants.Broken(state));
    }
}
