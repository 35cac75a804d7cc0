using Dispatcher.Steps.Admission;

namespace Dispatcher.Actors.Tests.Steps.Admission;

/// <summary>What a step that came now could expect of a stage.</summary>
public sealed class StageForecastTests
{
    /// <summary>What whoever asks takes for the time of one step, while the stage has seen none.</summary>
    private static readonly TimeSpan Unseen = TimeSpan.FromSeconds(6);

    /// <summary>Two run and three wait: the newcomer is fourth in line for two places, so two of the assumed holds away.</summary>
    [Fact]
    public void AStageThatHasSeenNothing_TakesWhatIsAssumed()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 2 });
        Assert.Equal(new StageForecast(TimeSpan.Zero, Unseen), bench.Stage.Forecast(Unseen));

        for (var i = 1; i <= 5; i++) bench.Try($"a/1/{i}");

        Assert.Equal(new StageForecast(2 * Unseen, Unseen), bench.Stage.Forecast(Unseen));
    }

    /// <summary>A forecast is what the newcomer is told when it stands in line.</summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 3)]
    [InlineData(3, 4)]
    public void Wait_IsWhatATicketIsTold_ThatComesThen(int places, int delaySeconds)
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = places, StartDelay = TimeSpan.FromSeconds(delaySeconds) });
        var first = bench.Try("a/1/0");
        bench.Time.Advance(TimeSpan.FromSeconds(7));
        bench.Stage.Release(first);
        for (var i = 1; i <= 6; i++) bench.Try($"a/1/{i}");

        var wait = bench.Stage.Forecast(Unseen).Wait;

        Assert.True(wait > TimeSpan.Zero);
        var told = bench.Stage.Explain(bench.Try("a/1/7"))!.EstimatedStart;
        Assert.Equal(bench.Time.GetUtcNow() + wait, told);
    }

    [Fact]
    public void AStageThatStandsDown_SaysNothingOfWaiting()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 1 });
        for (var i = 0; i < 3; i++) bench.Try($"a/1/{i}");
        bench.Stage.Dispose();

        Assert.Equal(new StageForecast(TimeSpan.Zero, Unseen), bench.Stage.Forecast(Unseen));
    }

    /// <summary>The first hold is the mean: ten seconds. Then two run and three wait: the newcomer is fourth in line for two places, so two holds away.</summary>
    [Fact]
    public void Wait_IsAsLongAsThoseBeforeTake_AtTheStagesPlaces()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 2 });
        var first = bench.Try("a/1/0");
        bench.Time.Advance(TimeSpan.FromSeconds(10));
        bench.Stage.Release(first);
        Assert.Equal(new StageForecast(TimeSpan.Zero, TimeSpan.FromSeconds(10)), bench.Stage.Forecast(Unseen));

        for (var i = 1; i <= 5; i++) bench.Try($"a/1/{i}");

        Assert.Equal(new StageForecast(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10)), bench.Stage.Forecast(Unseen));
    }

    [Fact]
    public void Wait_IsZero_WhileThereIsAPlace()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 2 });
        var first = bench.Try("a/1/0");
        bench.Time.Advance(TimeSpan.FromSeconds(10));
        bench.Stage.Release(first);
        bench.Try("a/1/1");

        Assert.Equal(TimeSpan.Zero, bench.Stage.Forecast(Unseen).Wait);
    }

    [Fact]
    public void Wait_CountsTheStagesDelay_WhenThatIsLonger()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 10, StartDelay = TimeSpan.FromSeconds(4) });
        for (var i = 0; i < 3; i++) bench.Try($"a/1/{i}");

        // One has started, two wait for 4 and 8 seconds, and the newcomer for 12.
        Assert.Equal(TimeSpan.FromSeconds(12), bench.Stage.Forecast(Unseen).Wait);
    }

    [Fact]
    public void AStageThatNobodyNamed_IsUnknown()
    {
        using var point = new AdmissionPoint(_ => new StageLimits(), TimeProvider.System);

        Assert.Null(point.Forecast("render", Unseen));
        point.StageOf("render");
        Assert.NotNull(point.Forecast("render", Unseen));
    }
}
