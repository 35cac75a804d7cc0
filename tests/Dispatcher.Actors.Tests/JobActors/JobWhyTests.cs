using Dispatcher.JobActors;
using Dispatcher.JobActors.Explaining;
using Dispatcher.Jobs;
using Dispatcher.Steps.Admission;

namespace Dispatcher.Actors.Tests.JobActors;

public sealed class JobWhyTests
{
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
    }

    [Fact]
    public void Why_NamesTheJobsAndTheirStatus_WhenItWaitsForThem()
    {
        Happened(Submitted(dependsOn: Other));
        var answer = Answer(facts => facts with { Related = new Dictionary<JobId, JobStatus> { [Other] = JobStatus.Running } });
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
    public void Why_SaysThatAnAttemptIsLost_WhenItsProcessIsGone()
    {
        Happened(Submitted(), new JobEvent.Started(Noon), new JobEvent.StepStarted("one", null, 1, Noon));
        Assert.Equal("lost", Assert.Single(Answer(facts => facts with { IsHeld = false }).Steps).Reason);
    }

    [Fact]
    public void Why_SaysThePlaceInLine_AndWhenItMayStart()
    {
        Happened(Submitted(), new JobEvent.Started(Noon), new JobEvent.StepQueued("one", null, Noon.AddSeconds(3)));
        var wait = new AdmissionWait(AdmissionReason.Cap, "Stage 'render' runs 4 of at most 4 steps; this step is number 7 in line.", 7, 4, 4, Noon.AddMinutes(2));
        var answer = Answer(facts => facts with { Waits = [new StepWait(new StepKey("one"), "render", wait)] });
        Assert.Equal(("admission", 7, Noon.AddMinutes(2)), (answer.Reason, answer.Position, answer.EstimatedStart!.Value));
        Assert.Equal((7, "render"), (answer.Steps[0].Position, answer.Steps[0].Stage));
        Assert.Contains("number 7 in line", answer.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_SaysApprovalAndItsEnd_WhenAStepWaitsForIt()
    {
        Happened(Submitted(), new JobEvent.Started(Noon), new JobEvent.StepStarted("one", null, 1, Noon));
        Happened(new JobEvent.StepAwaiting("one", null, 1, AwaitKind.Approval, Noon.AddDays(3), Noon.AddSeconds(1)) { OnTimeout = OnTimeout.Approve, Prompt = "Print it?" });
        Assert.Equal(("approval", Noon.AddSeconds(1), Noon.AddDays(3)), Summary(Answer()));
        Assert.Contains("Print it?; at 2026-01-05 12:00:00Z it is approved without", Answer().Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_SaysWhenAJobThatNobodyApproves_IsDecided()
    {
        _state = JobState.Initial(Plan(approval: true, deadline: TimeSpan.FromHours(2)));
        Happened(Submitted());
        Assert.Equal(("approval", Noon, Noon.AddHours(2)), Summary(Answer()));
        Assert.Contains("rejected without", Answer().Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_NamesTheChild_AndItsStatus()
    {
        Happened(Submitted(), new JobEvent.Started(Noon), new JobEvent.StepStarted("one", null, 1, Noon));
        Happened(new JobEvent.StepAwaiting("one", null, 1, AwaitKind.Child, null, Noon) { Child = Other, Request = new ChildRequest(new WorkflowReference("c", 1, "h"), null, 0, null) });
        var answer = Answer(facts => facts with { Related = new Dictionary<JobId, JobStatus> { [Other] = JobStatus.Paused } });
        Assert.Equal(("child", Other), (answer.Reason, answer.Steps[0].Child!.Value));
        Assert.Contains($"{Other} (paused)", answer.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_SaysThatNoWorkerHasTheStep_OrWhichHas()
    {
        Happened(Submitted(), new JobEvent.Started(Noon), new JobEvent.StepStarted("one", null, 1, Noon));
        Assert.Equal("worker", Answer(facts => facts with { IsExternal = handler => handler == "noop" }).Reason);
        Happened(new JobEvent.StepLeased("one", null, 1, "cutter-1", 4, Noon.AddSeconds(5)));
        var answer = Answer(facts => facts with { IsExternal = _ => true });
        Assert.Equal(("running", Noon.AddSeconds(5), "cutter-1"), (answer.Reason, answer.Since!.Value, answer.Steps[0].Worker));
    }

    [Fact]
    public void Why_SaysWhatIsMissing_WhenTheJobIsParked()
    {
        Happened(Submitted());
        var answer = Answer(facts => facts with { Parked = "Step one uses the handler 'noop', which this node does not have." });
        Assert.Equal("handler", answer.Reason);
        Assert.Contains("'noop'", answer.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_PutsWhatRunsFirst_AndListsAllSteps()
    {
        var plan = new JobPlan("talk", 1, "hash", [.. new[] { "a", "b", "c", "d" }.Select(id => new StepPlan { Id = id, Handler = "noop", Stage = "render" })]);
        _state = JobState.Initial(plan);
        Happened(Submitted(), new JobEvent.Started(Noon));
        Happened(new JobEvent.StepStarted("a", null, 1, Noon), new JobEvent.StepAwaiting("a", null, 1, AwaitKind.Approval, null, Noon));
        Happened(new JobEvent.StepQueued("b", null, Noon), new JobEvent.StepStarted("c", null, 1, Noon.AddSeconds(2)));
        var answer = Answer();
        Assert.Equal(["approval", "admission", "running", "ready"], answer.Steps.Select(step => step.Reason));
        Assert.Equal("running", answer.Reason);
        Assert.Contains("(and 3 more, below)", answer.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_GoesByTheState_WhenNoEventsAreKnown()
    {
        Happened(Submitted(), new JobEvent.Started(Noon), new JobEvent.StepStarted("one", null, 1, Noon.AddSeconds(4)), new JobEvent.PriorityChanged(1, Ann, null, Noon.AddSeconds(9)));
        Assert.Equal(Noon.AddSeconds(4), JobWhy.Explain(new JobFacts(_state)).Since);
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
        var steps = Answer().Steps;
        Assert.Equal(["running", "admission"], steps.Select(step => step.Reason));
        Assert.Contains("as do 3 more", steps[1].Sentence, StringComparison.Ordinal);
        Assert.Equal(Noon.AddSeconds(1), steps[1].Since);
    }

    private JobExplanation Answer(Func<JobFacts, JobFacts>? known = null)
    {
        var facts = new JobFacts(_state) { Times = JobTimes.Of(_events) };
        return JobWhy.Explain(known?.Invoke(facts) ?? facts);
    }

    private static (string Reason, DateTimeOffset? Since, DateTimeOffset? Until) Summary(JobExplanation answer) => (answer.Reason, answer.Since, answer.Until);

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

    private static JobPlan Plan(bool approval, TimeSpan? deadline = null) => new(
        "talk", 1, "hash",
        [
            new StepPlan { Id = "one", Handler = "noop", Stage = "render" },
            new StepPlan { Id = "many", Handler = "noop", Stage = "render", Needs = [0], IsFanOut = true },
        ])
    {
        ApprovalRequired = approval,
        ApprovalDeadline = deadline,
    };
}
