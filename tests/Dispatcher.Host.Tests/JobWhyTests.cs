using Dispatcher.Host.Commands;
using Dispatcher.Jobs;

namespace Dispatcher.Host.Tests;

public sealed class JobWhyTests
{
    private const int Holder = 42;

    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly JobId Id = JobId.Parse("019a0000-0000-7000-8000-000000000001");
    private static readonly JobId Other = JobId.Parse("019a0000-0000-7000-8000-000000000002");
    private static readonly Principal Ann = new("ann");

    private readonly List<JobEvent> _events = [];
    private JobState _state = JobState.Initial(Plan(approval: false));

    [Fact]
    public void Why_SaysApproval_WhenTheJobIsPending()
    {
        _state = JobState.Initial(Plan(approval: true));
        Happened(Submitted());
        Assert.Equal(("approval", Noon, null), Summary(Answer()));
    }

    [Fact]
    public void Why_SaysTime_WhenTheJobIsScheduled()
    {
        Happened(Submitted(startAt: Noon.AddHours(1)));
        Assert.Equal(("time", Noon, Noon.AddHours(1)), Summary(Answer()));
        Assert.Contains("none has now", Answer(holder: null).GoesOnWhen, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_NamesTheJobsAndTheirStatus_WhenItWaitsForThem()
    {
        Happened(Submitted(dependsOn: Other));
        var answer = new JobWhy(_state, _events, Holder, TimeProvider.System).Answer("data", new Dictionary<JobId, JobStatus> { [Other] = JobStatus.Running });
        Assert.Equal("dependencies", answer.Reason);
        Assert.Contains($"{Other} (running)", answer.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_SaysWhoAndWhy_WhenTheJobIsPaused()
    {
        Happened(Submitted(), new JobEvent.Paused(Ann, "disk check", Noon.AddMinutes(1)), new JobEvent.PriorityChanged(5, Ann, null, Noon.AddMinutes(2)));
        Assert.Equal(("pause", Noon.AddMinutes(1), null), Summary(Answer()));
        Assert.Contains("ann: disk check", Answer().Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_SaysAdmissionAndItsStage_WhenAStepIsQueued()
    {
        Happened(Submitted(), new JobEvent.Started(Noon), new JobEvent.StepQueued("one", null, Noon.AddSeconds(3)));
        Assert.Equal(("admission", Noon.AddSeconds(3), null), Summary(Answer()));
        Assert.Contains("stage render", Answer().Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_SaysWhatRunsSinceWhen_WhenAStepRuns()
    {
        Happened(Submitted(), new JobEvent.Started(Noon), new JobEvent.StepStarted("one", null, 2, Noon.AddSeconds(4)));
        Assert.Equal(("running", Noon.AddSeconds(4), null), Summary(Answer()));
        Assert.Contains("attempt 2", Answer().Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_SaysRetryWithCauseAndTime_WhenAnAttemptFailed()
    {
        var failure = Failure.Of(ErrorClass.Transient, "connection refused");
        Happened(Submitted(), new JobEvent.Started(Noon), new JobEvent.StepStarted("one", null, 1, Noon));
        Happened(new JobEvent.StepRetrying("one", null, 1, failure, Noon.AddSeconds(30), Noon.AddSeconds(10)));
        Assert.Equal(("retry", Noon.AddSeconds(10), Noon.AddSeconds(30)), Summary(Answer()));
        Assert.Contains("connection refused", Answer().Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_SaysTime_WhenAStepSleeps()
    {
        Happened(Submitted(), new JobEvent.Started(Noon), new JobEvent.StepStarted("one", null, 1, Noon));
        Happened(new JobEvent.StepSleeping("one", null, 1, Noon.AddDays(1), null, Noon.AddSeconds(1)));
        Assert.Equal(("time", Noon.AddSeconds(1), Noon.AddDays(1)), Summary(Answer()));
    }

    [Fact]
    public void Why_SaysNoProcess_WhenNobodyHasTheDirectory()
    {
        Happened(Submitted());
        Assert.Equal("no-process", Answer(holder: null).Reason);
    }

    [Fact]
    public void Why_SaysThatAnAttemptIsLost_WhenItsProcessIsGone()
    {
        Happened(Submitted(), new JobEvent.Started(Noon), new JobEvent.StepStarted("one", null, 1, Noon));
        Assert.Equal("lost", Assert.Single(new JobWhy(_state, _events, holder: null, TimeProvider.System).Steps()).Reason);
    }

    [Fact]
    public void Why_SaysReady_WhenNothingIsMissing()
    {
        Happened(Submitted());
        Assert.Equal("ready", Answer().Reason);
    }

    [Fact]
    public void Why_SaysEnded_WhenTheJobHasFailed()
    {
        Happened(Submitted(), new JobEvent.Failed(Failure.Of(ErrorClass.Permanent, "no such codec"), "one", Noon.AddSeconds(9)));
        Assert.Equal(("ended", Noon.AddSeconds(9), null), Summary(Answer()));
        Assert.Contains("no such codec", Answer().Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_CountsItems_WhenManyWaitForTheSameReason()
    {
        Happened(Submitted(), new JobEvent.Started(Noon), new JobEvent.StepStarted("one", null, 1, Noon), new JobEvent.StepCompleted("one", null, 1, null, null, Noon));
        Happened(new JobEvent.StepExpanded("many", 9, Noon), new JobEvent.StepStarted("many", 0, 1, Noon));
        for (var item = 1; item < 5; item++) Happened(new JobEvent.StepQueued("many", item, Noon.AddSeconds(item)));
        var steps = new JobWhy(_state, _events, Holder, TimeProvider.System).Steps();
        Assert.Equal(["running", "admission"], steps.Select(step => step.Reason));
        Assert.Contains("as do 3 more", steps[1].Sentence, StringComparison.Ordinal);
        Assert.Equal(Noon.AddSeconds(1), steps[1].Since);
    }

    private WhyAnswer Answer(int? holder = Holder) => new JobWhy(_state, _events, holder, TimeProvider.System).Answer("data", new Dictionary<JobId, JobStatus>());

    private static (string Reason, DateTimeOffset Since, DateTimeOffset? Until) Summary(WhyAnswer answer) => (answer.Reason, answer.Since, answer.Until);

    private void Happened(params JobEvent[] events)
    {
        foreach (var @event in events) _state = _state.Evolve(@event);
        _events.AddRange(events);
    }

    private static JobEvent.Submitted Submitted(DateTimeOffset? startAt = null, JobId? dependsOn = null)
    {
        var spec = new JobSpec { Workflow = new WorkflowReference("talk", 1, "hash"), StartAt = startAt, DependsOn = dependsOn is { } id ? [id] : null };
        return new JobEvent.Submitted(Id, spec, Ann, Noon);
    }

    private static JobPlan Plan(bool approval) => new(
        "talk", 1, "hash",
        [
            new StepPlan { Id = "one", Handler = "noop", Stage = "render" },
            new StepPlan { Id = "many", Handler = "noop", Stage = "render", Needs = [0], IsFanOut = true },
        ])
    {
        ApprovalRequired = approval,
    };
}
