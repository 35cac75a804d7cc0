using Dispatcher.Steps.Admission;

namespace Dispatcher.Actors.Tests.Steps.Admission;

/// <summary>What a step that came now could expect of a stage.</summary>
public sealed class StageForecastTests
{
    [Fact]
    public void AStageThatHasSeenNothing_SaysNothingOfHolding()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 2 });

        Assert.Equal(new StageForecast(TimeSpan.Zero, null), bench.Stage.Forecast);
    }

    /// <summary>The first hold is the mean: ten seconds. Then two run and three wait: the newcomer is fourth in line for two places, so two holds away.</summary>
    [Fact]
    public void Wait_IsAsLongAsThoseBeforeTake_AtTheStagesPlaces()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 2 });
        var first = bench.Try("a/1/0");
        bench.Time.Advance(TimeSpan.FromSeconds(10));
        bench.Stage.Release(first);
        Assert.Equal(new StageForecast(TimeSpan.Zero, TimeSpan.FromSeconds(10)), bench.Stage.Forecast);

        for (var i = 1; i <= 5; i++) bench.Try($"a/1/{i}");

        Assert.Equal(new StageForecast(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10)), bench.Stage.Forecast);
    }

    [Fact]
    public void Wait_IsZero_WhileThereIsAPlace()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 2 });
        var first = bench.Try("a/1/0");
        bench.Time.Advance(TimeSpan.FromSeconds(10));
        bench.Stage.Release(first);
        bench.Try("a/1/1");

        Assert.Equal(TimeSpan.Zero, bench.Stage.Forecast.Wait);
    }

    [Fact]
    public void Wait_CountsTheStagesDelay_WhenThatIsLonger()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 10, StartDelay = TimeSpan.FromSeconds(4) });
        for (var i = 0; i < 3; i++) bench.Try($"a/1/{i}");

        // One has started, two wait for 4 and 8 seconds, and the newcomer for 12.
        Assert.Equal(TimeSpan.FromSeconds(12), bench.Stage.Forecast.Wait);
    }

    [Fact]
    public void AStageThatNobodyNamed_IsUnknown()
    {
        using var point = new AdmissionPoint(_ => new StageLimits(), TimeProvider.System);

        Assert.Null(point.Forecast("render"));
        point.StageOf("render");
        Assert.NotNull(point.Forecast("render"));
    }
}
