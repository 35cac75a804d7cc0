using Dispatcher.Actors.Tests.Jobs;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.JobActors;

public sealed class CallbackDeliveriesTests
{
    private const string Url = "https://example.org/hook";

    [Fact]
    public void Of_HasEachWantedEvent_WithItsNumberAndTheStatusAsOfIt()
    {
        var deliveries = Deliveries(new CallbackSpec(Url, ["job.*", "step.started"]));
        Assert.Equal(
            [
                new NewDelivery(1, "job.created", Url, JobStatus.Queued),
                new NewDelivery(2, "job.started", Url, JobStatus.Running),
                new NewDelivery(3, "step.started", Url, JobStatus.Running),
                new NewDelivery(5, "job.completed", Url, JobStatus.Completed),
            ],
            deliveries);
    }

    [Fact]
    public void Of_IsEmpty_WhenTheJobHasNoCallback() => Assert.Empty(Deliveries(null));

    /// <summary>A job from its submission to its end in one turn.</summary>
    private static IReadOnlyList<NewDelivery> Deliveries(CallbackSpec? callback)
    {
        var turn = new JobTurn(JobState.Initial(JobSpecification.Plan(JobSpecification.Step("a"))), JobSpecification.T0);
        turn.Decide(new JobCommand.Submit(JobSpecification.Id, JobSpecification.Spec() with { Callback = callback }, JobSpecification.Ada, JobSpecification.T0));
        turn.Decide(new JobCommand.StartStep(new StepKey("a"), JobSpecification.T0));
        turn.Decide(new JobCommand.CompleteStep(new StepKey("a"), 1, null, [], JobSpecification.T0));
        turn.Decide(new JobCommand.Complete(null, JobSpecification.T0));
        return CallbackDeliveries.Of(turn, [.. turn.Events.Select(e => new EncodedEvent(EventCodec.NameOf(e), e.At, EventCodec.Encode(e)))]);
    }
}
