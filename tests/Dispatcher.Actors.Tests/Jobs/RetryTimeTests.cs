using Dispatcher.Jobs;
using static Dispatcher.Actors.Tests.Jobs.JobSpecification;

namespace Dispatcher.Actors.Tests.Jobs;

/// <summary>The longest time within which a step is tried again.</summary>
public sealed class RetryTimeTests
{
    private static readonly Failure Broken = new(ErrorClass.Transient, "broken", "DOWN");
    private static readonly StepKey A = new("a");

    /// <summary>Waits of 1, 2, 4 and 8 s, within 10 s.</summary>
    private static readonly RetryPolicy TenSeconds = new() { MaxAttempts = 100, MaxElapsed = TimeSpan.FromSeconds(10) };

    [Fact]
    public void FailStep_IsTheEnd_WhenTheNextAttemptWouldBeginTooLate()
    {
        var running = Running(TenSeconds);
        running = Again(running, 1, at: 0, due: 1);
        running = Again(running, 2, at: 1, due: 3);
        running = Again(running, 3, at: 3, due: 7);

        var failure = Ended(Fails(running, 4, at: 7), 4);

        Assert.Equal((ErrorClass.Transient, "DOWN"), (failure.Class, failure.Code));
        Assert.Equal("Attempt 4 was the last, since the next would begin later than max_elapsed (00:00:10) after the first: broken", failure.Message);
    }

    [Theory]
    [InlineData(9, true)]
    [InlineData(9.001, false)]
    public void FailStep_AllowsTheAttemptThatBeginsAtTheEndOfTheTime(double at, bool isTriedAgain) =>
        Assert.Equal(isTriedAgain, Fails(Running(TenSeconds), 1, at) is [JobEvent.StepRetrying]);

    [Fact]
    public void FailStep_CountsWhatTheAttemptsTook_AndPausesToo()
    {
        var running = Again(Running(TenSeconds), 1, at: 2, due: 3);
        running = running.Evolve(new JobEvent.Paused(Ada, null, T(4))).Evolve(new JobEvent.Resumed(Ada, null, T(8)));
        Ended(Fails(running, 2, at: 8.5), 2);
    }

    [Fact]
    public void FailStep_LeavesTheFailureAsItIs_WhenTheAttemptsAreSpent() =>
        Assert.Equal(Broken, Ended(Fails(Running(TenSeconds with { MaxAttempts = 1 }), 1, at: 100), 1));

    [Fact]
    public void FailStep_CountsFromAnew_AfterARecovery()
    {
        var running = Again(Running(TenSeconds), 1, at: 1, due: 2);
        var failed = Fold(running, Fails(running, 2, at: 9));
        Assert.Equal(JobStatus.Failed, failed.Status);

        running = failed.Evolve(new JobEvent.Recovering("a", 1, Ada, null, T(100))).Evolve(new JobEvent.Started(T(100))).Evolve(new JobEvent.StepStarted("a", null, 1, T(100)));

        running = Again(running, 1, at: 101, due: 102);
        Assert.IsType<JobEvent.StepRetrying>(Fails(running, 2, at: 108)[0]);
        Ended(Fails(running, 2, at: 108.001), 2);
    }

    [Fact]
    public void FailStep_CountsFromTheFirstAttemptThatCounts()
    {
        var released = Running(TenSeconds).Evolve(new JobEvent.StepReleased("a", null, 1, T(2))).Evolve(new JobEvent.StepStarted("a", null, 1, T(100)));
        var running = Again(released, 1, at: 101, due: 102);
        running = running.Evolve(new JobEvent.StepReleased("a", null, 2, T(103))).Evolve(new JobEvent.StepStarted("a", null, 2, T(104)));
        Ended(Fails(running, 2, at: 108.5), 2);
    }

    [Fact]
    public void FailStep_HoldsForALostWorkerToo()
    {
        var lost = new Failure(ErrorClass.WorkerLost, "gone");
        Assert.IsType<JobEvent.StepRetrying>(Decide(Running(TenSeconds), new JobCommand.FailStep(A, 1, lost, T(10)))[0]);
        Ended(Decide(Running(TenSeconds), new JobCommand.FailStep(A, 1, lost, T(10.001))), 1);
    }

    [Fact]
    public void FailStep_CountsEachItemOfAFanOutByItself()
    {
        var plan = Plan(Step("a") with { Retry = TenSeconds, IsFanOut = true });
        var running = Fold(JobState.Initial(plan), [Submitted(), new JobEvent.Started(T(0)), new JobEvent.StepExpanded("a", 2, T(0)), new JobEvent.StepStarted("a", 0, 1, T(0)), new JobEvent.StepStarted("a", 1, 1, T(50))]);
        Assert.IsType<JobEvent.StepRetrying>(Decide(running, new JobCommand.FailStep(new StepKey("a", 1), 1, Broken, T(51)))[0]);
        Assert.IsType<JobEvent.StepFailed>(Decide(running, new JobCommand.FailStep(new StepKey("a", 0), 1, Broken, T(51)))[0]);
    }

    [Fact]
    public void ChildThatFails_IsNotMadeAgain_WhenItWouldBeginTooLate()
    {
        var child = JobId.Create(T0, [9, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        var request = new ChildRequest(new WorkflowReference("child", 1, "hash"), null, 0, null, ErrorClass.Transient);
        var waiting = Running(TenSeconds).Evolve(new JobEvent.StepAwaiting("a", null, 1, AwaitKind.Child, null, T(0)) { Child = child, Request = request });
        var failure = Ended(Decide(waiting, new JobCommand.EndChild(A, child, JobStatus.Failed, null, "broken", T(9.5))), 1);
        Assert.Equal("CHILD_FAILED", failure.Code);
        Assert.Contains("max_elapsed", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Snapshot_KnowsTheFirstStart_AndHasNoMoreThanBefore_WithoutTheBound()
    {
        var waiting = Fold(Running(TenSeconds), Fails(Running(TenSeconds), 1, at: 2));
        Assert.Equal(T(0), SnapshotCodec.Decode(SnapshotCodec.Version, SnapshotCodec.Encode(waiting), waiting.Plan)!.Step("a").FirstStartedAt);
        var unbound = Running(RetryPolicy.Default);
        Assert.DoesNotContain("first_started_at", Text(Fold(unbound, Fails(unbound, 1, at: 2))), StringComparison.Ordinal);
    }

    private static JobState Running(RetryPolicy retry) =>
        Fold(JobState.Initial(Plan(Step("a") with { Retry = retry })), [Submitted(), new JobEvent.Started(T(0)), new JobEvent.StepStarted("a", null, 1, T(0))]);

    private static IReadOnlyList<JobEvent> Fails(JobState state, int attempt, double at) => Decide(state, new JobCommand.FailStep(A, attempt, Broken, T(at)));

    private static IReadOnlyList<JobEvent> Decide(JobState state, JobCommand command) => Assert.IsType<Decision.Accepted>(JobDecider.Decide(state, command)).Events;

    /// <summary>An attempt fails, and the next one begins when it is due.</summary>
    private static JobState Again(JobState running, int attempt, double at, double due)
    {
        var retrying = Assert.IsType<JobEvent.StepRetrying>(Assert.Single(Fails(running, attempt, at)));
        Assert.Equal(T(due), retrying.RetryAt);
        return Fold(running, [retrying, new JobEvent.StepStarted("a", null, attempt + 1, T(due))]);
    }

    private static JobState Fold(JobState state, IEnumerable<JobEvent> events) => events.Aggregate(state, (before, e) => before.Evolve(e));

    private static Failure Ended(IReadOnlyList<JobEvent> events, int attempt)
    {
        var failed = Assert.IsType<JobEvent.StepFailed>(events[0]);
        Assert.Equal(attempt, failed.Attempt);
        Assert.IsType<JobEvent.Failed>(events[^1]);
        return failed.Failure;
    }
}
