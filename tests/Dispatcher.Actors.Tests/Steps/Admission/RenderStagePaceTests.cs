using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.Steps.Admission;

namespace Dispatcher.Actors.Tests.Steps.Admission;

/// <summary>Stagger and rate on an exact clock, and the one timer.</summary>
public sealed class RenderStagePaceTests
{
    private static readonly StageLimits Staggered = new() { StartDelay = TimeSpan.FromSeconds(1) };

    [Fact]
    public void Stage_StartsTheFirstAtOnceAndTheOthersADelayApart_WhenStaggered()
    {
        var bench = new AdmissionBench(Staggered);
        bench.Time.Advance(TimeSpan.FromHours(1));

        var first = bench.Try("a/1/0");
        bench.Try("a/1/1", "a/1/2", "a/1/3");
        bench.Time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(AdmissionState.Admitted, first.State);
        Assert.Equal([3601, 3602, 3603], bench.ToldAtSeconds);
    }

    [Fact]
    public void Stage_CountsTheDelayFromTheLastStart_NotFromTheFirst()
    {
        var bench = new AdmissionBench(Staggered);
        bench.Try("a/1/0");
        bench.Time.Advance(TimeSpan.FromSeconds(1.75));
        var second = bench.Try("a/1/1");
        bench.Try("a/1/2");
        bench.Time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(AdmissionState.Admitted, second.State);
        Assert.Equal([2.75], bench.ToldAtSeconds);
    }

    [Fact]
    public void Stage_HoldsTheDelay_WhenTheLastStartWasReleasedAtOnce()
    {
        var bench = new AdmissionBench(Staggered with { MaxConcurrency = 1 });
        bench.Stage.Release(bench.Try("a/1/0"));
        var second = bench.Try("a/1/1");

        Assert.Equal(AdmissionReason.Stagger, bench.Stage.Explain(second)!.Reason);
        bench.Time.Advance(TimeSpan.FromTicks(TimeSpan.TicksPerSecond - 1));
        Assert.Empty(bench.Told);
        bench.Time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal([second], bench.Told);
    }

    [Fact]
    public void Stage_SpendsTheBurstThenKeepsTheRate_WhenRated()
    {
        var bench = new AdmissionBench(new StageLimits { RatePerSecond = 2, RateBurst = 3 });
        var tickets = bench.Try("a/1/0", "a/1/1", "a/1/2", "a/1/3", "a/1/4");

        Assert.Equal(3, tickets.Count(ticket => ticket.State == AdmissionState.Admitted));
        Assert.Equal(AdmissionReason.Rate, bench.Stage.Explain(tickets[3])!.Reason);
        bench.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([0.5, 1], bench.ToldAtSeconds);

        var later = Enumerable.Range(0, 4).Select(item => bench.Try($"b/2/{item}")).ToList();
        Assert.Equal(3, later.Count(ticket => ticket.State == AdmissionState.Admitted));
    }

    [Fact]
    public void Stage_ArmsExactlyOneTimer_OnlyWhileTimeAloneHoldsSomebodyBack()
    {
        var bench = new AdmissionBench(Staggered with { MaxConcurrency = 2 });
        var first = bench.Try("a/1/0");
        Assert.Equal(0, bench.Time.ArmedTimers);

        var waiting = bench.Try("a/1/1", "a/1/2", "a/1/3");
        Assert.Equal(1, bench.Time.ArmedTimers);
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, bench.Time.ArmedTimers); // both places are taken: no timer can help

        bench.Stage.Release(first);
        Assert.Equal(1, bench.Time.ArmedTimers);
        bench.Stage.Withdraw(waiting[1]);
        Assert.Equal(1, bench.Time.ArmedTimers);
        bench.Stage.Withdraw(waiting[2]);
        Assert.Equal(0, bench.Time.ArmedTimers);
    }

    [Fact]
    public void Explain_NamesTheExactStart_WhenOnlyTimeIsWaitedFor()
    {
        var bench = new AdmissionBench(Staggered with { RatePerSecond = 0.5, RateBurst = 2 });
        bench.Try("a/1/0");
        var tickets = bench.Try("a/1/1", "a/1/2", "a/1/3", "a/1/4");
        bench.Time.Advance(TimeSpan.FromSeconds(0.25));

        var estimates = tickets.Select(ticket => bench.Stage.Explain(ticket)!.EstimatedStart!.Value).ToList();
        bench.Time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(bench.ToldAtSeconds.Select(seconds => ManualTimeProvider.Epoch.AddSeconds(seconds)), estimates);
        Assert.Equal([1, 2, 4, 6], bench.ToldAtSeconds);
    }

    [Fact]
    public void UpdateLimits_TakesTheNewDelayFromTheLastStart_WhenSomebodyWaits()
    {
        var bench = new AdmissionBench(Staggered);
        bench.Try("a/1/0", "a/1/1", "a/1/2");
        bench.Stage.UpdateLimits(new StageLimits { StartDelay = TimeSpan.FromSeconds(3) });
        Assert.Equal(1, bench.Time.ArmedTimers);
        bench.Time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal([3], bench.ToldAtSeconds);

        bench.Stage.UpdateLimits(StageLimits.Default);
        Assert.Equal([3, 4], bench.ToldAtSeconds);
        Assert.Equal(0, bench.Time.ArmedTimers);
    }

    [Fact]
    public void Dispose_DisarmsTheTimerAndAdmitsNobody_WhenTheNodeStandsDown()
    {
        var bench = new AdmissionBench(Staggered);
        var first = bench.Try("a/1/0");
        var waiting = bench.Try("a/1/1");

        bench.Stage.Dispose();
        bench.Stage.Release(first);
        bench.Time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(0, bench.Time.ArmedTimers);
        Assert.Empty(bench.Told);
        Assert.False(bench.Stage.TryAdmit(bench.Ticket("a/1/2")));
        Assert.Null(bench.Stage.Explain(waiting)!.EstimatedStart);
        Assert.True(bench.Stage.Withdraw(waiting));
    }
}
