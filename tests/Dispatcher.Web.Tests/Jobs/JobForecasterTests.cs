using Dispatcher.Jobs;
using Dispatcher.Steps.Admission;
using Dispatcher.Web.Jobs.Forecasting;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Tests.Jobs;

/// <summary>When a job may end, by its steps and what their stages say.</summary>
public sealed class JobForecasterTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Two ways from the first step to the last: 1 + 5 + 2 seconds and 1 + 3 + 2.</summary>
    private static readonly JobPlan Plan = WorkflowDefinition.Parse("""
        name: forecast
        version: 1
        steps:
          - { id: first, uses: noop, stage: a, estimated_duration: 1s }
          - { id: long, uses: noop, stage: b, needs: [first], estimated_duration: 5s }
          - { id: short, uses: noop, stage: c, needs: [first], estimated_duration: 3s }
          - { id: last, uses: noop, stage: a, needs: [long, short], estimated_duration: 2s }
        """).Plan;

    [Fact]
    public void ANewJob_TakesAsLongAsItsLongestWay() => Assert.Equal(Seconds(8), Forecast(null));

    [Fact]
    public void EachStep_WaitsForItsStage_AndTakesWhatWasSeenThere()
    {
        // first waits 10 and takes 4, last again; long waits for nothing and takes 5, as was estimated.
        Assert.Equal(Seconds(14 + 5 + 14), Forecast(null, (stage, unseen) => stage == "a" ? new StageForecast(Seconds(10), Seconds(4)) : new StageForecast(TimeSpan.Zero, unseen)));
    }

    [Fact]
    public void AStage_IsAskedWithTheStepsEstimate()
    {
        var asked = new List<(string, TimeSpan)>();
        Forecast(null, (stage, unseen) =>
        {
            asked.Add((stage, unseen));
            return null;
        });

        Assert.Equal([("a", Seconds(1)), ("b", Seconds(5)), ("c", Seconds(3)), ("a", Seconds(2))], asked);
    }

    [Fact]
    public void TheShorterWay_Counts_WhenItsStageIsBusy() =>
        Assert.Equal(Seconds(1 + 9 + 3 + 2), Forecast(null, (stage, unseen) => new StageForecast(stage == "c" ? Seconds(9) : TimeSpan.Zero, unseen)));

    [Theory]
    [InlineData(StepStatus.Completed)]
    [InlineData(StepStatus.Skipped)]
    [InlineData(StepStatus.Failed)]
    public void StepsThatHaveEnded_TakeNothing(StepStatus status) => Assert.Equal(Seconds(3 + 2), Forecast(State(status, status, StepStatus.Queued, StepStatus.Pending)));

    [Theory]
    [InlineData(0, 7)]
    [InlineData(2, 5)]
    [InlineData(4, 3)]
    // It should be over, so it may be at any moment; what comes after it is not shortened by it.
    [InlineData(5, 2)]
    [InlineData(500, 2)]
    public void AStepThatRuns_TakesWhatIsLeftOfIt(int sinceSeconds, int left)
    {
        var state = State(StepStatus.Completed, StepStatus.Running, StepStatus.Completed, StepStatus.Pending);
        state = state with { Steps = state.Steps.SetItem(1, state.Steps[1] with { StartedAt = Now - Seconds(sinceSeconds) }) };

        // Its stage's line is behind it.
        Assert.Equal(Seconds(left), Forecast(state, (stage, unseen) => new StageForecast(stage == "b" ? Seconds(100) : TimeSpan.Zero, unseen)));
    }

    [Theory]
    [InlineData(JobStatus.Completed)]
    [InlineData(JobStatus.Failed)]
    [InlineData(JobStatus.Cancelled)]
    public void AJobThatHasEnded_TakesNothing(JobStatus status) =>
        Assert.Equal(TimeSpan.Zero, Forecast(State(StepStatus.Completed, StepStatus.Pending, StepStatus.Pending, StepStatus.Pending) with { Status = status }));

    private static TimeSpan Forecast(JobState? state, Func<string, TimeSpan, StageForecast?>? stages = null) => JobForecaster.UntilEnd(Plan, state, Now, stages ?? ((_, _) => null));

    private static JobState State(params StepStatus[] steps) => JobState.Initial(Plan) with { Status = JobStatus.Running, Steps = [.. steps.Select(status => StepState.Initial with { Status = status })] };

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);
}
