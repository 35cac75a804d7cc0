using Dispatcher.Jobs;
using static Dispatcher.Actors.Tests.Jobs.JobSpecification;

namespace Dispatcher.Actors.Tests.Jobs;

public sealed class AllowedCommandsTests
{
    private static readonly JobPlan One = Plan(Step("a"));
    private static readonly Failure Broken = new(ErrorClass.Permanent, "broken");

    [Fact]
    public void Nothing_IsAllowed_WhenThereIsNoJob() => Assert.Empty(AllowedCommands.Of(JobState.Initial(One)));

    [Fact]
    public void AQueuedJob_MayBePausedAndCancelled() => AssertAllowed("pause cancel priority", Given(One, Submitted()));

    [Fact]
    public void APendingJob_MayBeApprovedOrRejected() => AssertAllowed("approve reject amend cancel priority", Given(Approved(One), Submitted()));

    [Fact]
    public void APausedJob_MayBeResumed() => AssertAllowed("resume cancel priority", Given(One, Submitted(), new JobEvent.Paused(Ada, null, T(1))));

    [Fact]
    public void AFailedJob_MayBeRecovered_AsOftenAsItsWorkflowAllows()
    {
        AssertAllowed("recover retry", Given(One, Submitted(), new JobEvent.Failed(Broken, null, T(1))));
        var often = Enumerable.Range(1, One.MaxRecoveryAttempts).SelectMany(attempt => new JobEvent[]
        {
            new JobEvent.Failed(Broken, null, T(attempt)), new JobEvent.Recovering("a", attempt, Ada, null, T(attempt)),
        });
        AssertAllowed("", Given(One, [Submitted(), .. often, new JobEvent.Failed(Broken, null, T(9))]));
    }

    [Fact]
    public void ACompletedJob_AllowsNothing() =>
        AssertAllowed("", Given(One, Submitted(), new JobEvent.Started(T(1)), new JobEvent.StepStarted("a", null, 1, T(1)),
            new JobEvent.StepCompleted("a", null, 1, null, null, T(2)), new JobEvent.Completed(null, T(2))));

    private static void AssertAllowed(string words, Given given) => Assert.Equal(words, string.Join(' ', AllowedCommands.Of(given.State)));
}
