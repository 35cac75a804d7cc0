using Dispatcher.Host.Commands;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Configuration;
using Dispatcher.JobActors.Explaining;
using Dispatcher.Jobs;

namespace Dispatcher.Host.Tests;

public sealed class LocalWhyTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly StorePlace Data = new(new DispatcherSettings { DataDirectory = "data" });
    private static readonly JobId Id = JobId.Parse("019a0000-0000-7000-8000-000000000001");

    [Fact]
    public void Why_SaysNoProcess_WhenNobodyHasTheDirectory()
    {
        var why = LocalWhy.Explain(Facts() with { IsHeld = false }, Data);
        Assert.Equal("no-process", why.Reason);
        Assert.Contains($"dispatcher resume {Id} --data data", why.GoesOnWhen, StringComparison.Ordinal);
        Assert.Equal("ready", Assert.Single(why.Steps).Reason);
        Assert.Equal("ready", LocalWhy.Explain(Facts(), Data).Reason);
    }

    [Fact]
    public void Why_SaysThatTimeAloneIsNotEnough_WhenNobodyHasTheDirectory()
    {
        var scheduled = Facts(startAt: Noon.AddHours(1));
        Assert.Contains("none has now", LocalWhy.Explain(scheduled with { IsHeld = false }, Data).GoesOnWhen, StringComparison.Ordinal);
        Assert.DoesNotContain("none has now", LocalWhy.Explain(scheduled, Data).GoesOnWhen, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_AnswersForTheJob_WhenItNeedsNoProcess() =>
        Assert.Equal("ended", LocalWhy.Explain(Facts(more: new JobEvent.Completed(null, Noon)) with { IsHeld = false }, Data).Reason);

    private static JobFacts Facts(DateTimeOffset? startAt = null, params JobEvent[] more)
    {
        var plan = new JobPlan("talk", 1, "hash", [new StepPlan { Id = "one", Handler = "noop", Stage = "noop" }]);
        var spec = new JobSpec { Workflow = new WorkflowReference("talk", 1, "hash"), StartAt = startAt };
        JobEvent[] events = [new JobEvent.Submitted(Id, spec, new Principal("ann"), Noon), .. more];
        return new JobFacts(events.Aggregate(JobState.Initial(plan), (state, e) => state.Evolve(e)));
    }
}
