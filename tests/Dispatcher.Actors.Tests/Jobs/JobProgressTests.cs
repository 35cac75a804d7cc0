using System.Collections.Immutable;
using Dispatcher.Jobs;

namespace Dispatcher.Actors.Tests.Jobs;

public sealed class JobProgressTests
{
    private static readonly JobPlan Talk = JobSpecification.Plan(
        JobSpecification.Step("light") with { Weight = 1 },
        JobSpecification.Step("heavy") with { Weight = 3 },
        JobSpecification.Step("many") with { Weight = 6, IsFanOut = true, OnError = OnError.Continue });

    private static readonly JobState Job = JobState.Initial(Talk) with { Status = JobStatus.Running };

    [Fact]
    public void Progress_WeighsSteps_ByTheirEstimate() =>
        Assert.Equal(10, Measure(Step(StepStatus.Completed), Step(StepStatus.Pending), Step(StepStatus.Pending)), 6);

    [Fact]
    public void Progress_CountsPartsOfRunningSteps_AsReported() =>
        Assert.Equal(10 + 15, Measure([Step(StepStatus.Completed), Step(StepStatus.Running), Step(StepStatus.Pending)], ("heavy", 50)), 6);

    [Fact]
    public void Progress_CountsFinishedItems_OfAFanOut()
    {
        var items = new FanOut { Total = 4, Items = [Step(StepStatus.Completed), Step(StepStatus.Failed), Step(StepStatus.Running)], Completed = 1, Failed = 1 };
        Assert.Equal(30, Measure(Step(StepStatus.Pending), Step(StepStatus.Pending), Step(StepStatus.Running) with { FanOut = items }), 6);
    }

    [Fact]
    public void Progress_CountsAFailedStep_OnlyWhenTheJobGoesOnWithoutIt() =>
        Assert.Equal(60, Measure(Step(StepStatus.Failed), Step(StepStatus.Pending), Step(StepStatus.Failed)), 6);

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-5)]
    [InlineData(900)]
    public void Progress_StaysInItsBounds_WhenAHandlerReportsNonsense(double percent) =>
        Assert.InRange(Measure([Step(StepStatus.Completed), Step(StepStatus.Running), Step(StepStatus.Completed)], ("heavy", percent)), 0, JobProgress.OpenLimit);

    [Fact]
    public void Progress_TakesStepsAlike_WhenNoneHasAWeight()
    {
        var plan = new JobPlan("even", 1, "hash", [.. Job.Plan.Steps.Select(step => step with { Weight = 0 })]);
        var state = JobState.Initial(plan) with { Status = JobStatus.Running, Steps = [Step(StepStatus.Completed), Step(StepStatus.Pending), Step(StepStatus.Pending)] };
        Assert.Equal(100.0 / 3, default(JobProgress).Next(state, ImmutableDictionary<StepKey, double>.Empty).Percent, 6);
    }

    [Fact]
    public void Progress_IsMeasuredAfresh_WhenTheJobIsRecovered()
    {
        var reset = Job with { Status = JobStatus.Recovering, Steps = [Step(StepStatus.Completed), Step(StepStatus.Pending), Step(StepStatus.Pending)] };
        Assert.Equal(10, new JobProgress(80).Next(reset, ImmutableDictionary<StepKey, double>.Empty).Percent, 6);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Progress_NeverFallsAndIs100OnlyAtTheEnd_WhateverTheStepsDo(int seed)
    {
        var random = new Random(seed);
        var progress = default(JobProgress);
        for (var i = 0; i < 2000; i++)
        {
            var total = random.Next(5);
            var completed = random.Next(total + 1);
            var items = new FanOut { Total = total, Completed = completed, Failed = random.Next(total - completed + 1) };
            var state = Job with { Steps = [Any(random), Any(random), Any(random) with { FanOut = items }] };
            var next = progress.Next(state, new Dictionary<StepKey, double> { [new StepKey("heavy")] = random.NextDouble() * 120 - 10 });
            Assert.True(next.Percent >= progress.Percent, $"seed {seed}, observation {i}: {next.Percent} after {progress.Percent}");
            Assert.InRange(next.Percent, 0, JobProgress.OpenLimit);
            progress = next;
        }

        Assert.Equal(100, progress.Next(Job with { Status = JobStatus.Completed }, ImmutableDictionary<StepKey, double>.Empty).Percent);
    }

    private static double Measure(params StepState[] steps) => Measure(steps, ("", 0));

    private static double Measure(StepState[] steps, (string Step, double Percent) running) =>
        default(JobProgress).Next(Job with { Steps = [.. steps] }, new Dictionary<StepKey, double> { [new StepKey(running.Step)] = running.Percent }).Percent;

    private static StepState Step(StepStatus status) => new() { Status = status };

    private static StepState Any(Random random) => Step((StepStatus)random.Next(8));
}
