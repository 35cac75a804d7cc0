using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.Kernel;
using Dispatcher.Steps.Admission;

namespace Dispatcher.Actors.Tests.Steps.Admission;

/// <summary>Places, the tenant's cap, the life of a ticket, listeners.</summary>
public sealed class RenderStageTests
{
    [Fact]
    public void TryAdmit_AdmitsAtOnceWithoutACallback_WhileThereIsAPlace()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 2 });

        Assert.True(bench.Stage.TryAdmit(bench.Ticket("a/1/0")));
        Assert.True(bench.Stage.TryAdmit(bench.Ticket("a/1/1")));
        Assert.False(bench.Stage.TryAdmit(bench.Ticket("a/1/2")));
        Assert.Empty(bench.Told);
        Assert.Equal(0, bench.Time.ArmedTimers);
    }

    [Fact]
    public void Release_AdmitsOneWaiter_AndNoneWhenRepeated()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 1 });
        var first = bench.Try("a/1/0");
        var (second, third) = (bench.Try("a/1/1"), bench.Try("a/1/2"));

        bench.Stage.Release(first);
        bench.Stage.Release(first);

        Assert.Equal([second], bench.Told);
        Assert.Equal((AdmissionState.Done, AdmissionState.Admitted, AdmissionState.Waiting), (first.State, second.State, third.State));
    }

    [Fact]
    public void Occupy_TakesAPlace_EvenOverTheCap_AndTheNextWaitsForIt()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 1, PerTenantMaxConcurrency = 1, StartDelay = TimeSpan.FromSeconds(1) });
        var tickets = new[] { bench.Ticket("a/1/0"), bench.Ticket("a/1/1"), bench.Ticket("b/2/0") };
        foreach (var ticket in tickets) bench.Stage.Occupy(ticket);
        Assert.Equal((3, 0L), (bench.Stage.Statistics.Running, bench.Stage.Statistics.AdmittedTotal));
        var waiting = bench.Try("a/1/2");

        bench.Stage.Release(tickets[0]);
        bench.Stage.Release(tickets[2]);
        Assert.Empty(bench.Told);
        bench.Stage.Release(tickets[1]);

        Assert.Equal([waiting], bench.Told);
        Assert.Equal(1, bench.Stage.Statistics.Running);
    }

    [Fact]
    public void Occupy_StopsTheTimer_WhenItTakesTheLastPlace()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 2, StartDelay = TimeSpan.FromSeconds(1) });
        bench.Try("a/1/0");
        var waiting = bench.Try("a/1/1");
        Assert.Equal(1, bench.Time.ArmedTimers);
        var outside = bench.Ticket("a/2/0");
        bench.Stage.Occupy(outside);
        Assert.Equal(0, bench.Time.ArmedTimers);
        bench.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Empty(bench.Told);
        bench.Stage.Release(outside);
        Assert.Equal([waiting], bench.Told);
    }

    [Fact]
    public void Release_WithdrawsTheTicket_WhenItWasNotAdmitted()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 1 });
        var first = bench.Try("a/1/0");
        var second = bench.Try("a/1/1");

        bench.Stage.Release(second);
        bench.Stage.Release(first);

        Assert.Empty(bench.Told);
        Assert.Equal((0, 0), (bench.Stage.Statistics.Running, bench.Stage.Statistics.Waiting));
    }

    [Fact]
    public void Withdraw_SaysWhetherTheTicketHoldsAPlace()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 1 });
        var idle = bench.Ticket("a/1/2");
        var (admitted, waiting) = (bench.Try("a/1/0"), bench.Try("a/1/1"));

        Assert.False(bench.Stage.Withdraw(admitted));
        Assert.True(bench.Stage.Withdraw(waiting));
        Assert.True(bench.Stage.Withdraw(waiting));
        Assert.True(bench.Stage.Withdraw(idle));
        bench.Stage.Release(admitted);
        Assert.True(bench.Stage.Withdraw(admitted));
        Assert.Empty(bench.Told);
    }

    [Fact]
    public void TryAdmit_RefusesATicket_WhenItWasUsedOrNamesAnotherStage()
    {
        var bench = new AdmissionBench(StageLimits.Default);
        var used = bench.Try("a/1/0");
        var other = new RenderStage("other", StageLimits.Default, bench.Time);

        Assert.Throws<InvariantBrokenException>(() => bench.Stage.TryAdmit(used));
        Assert.Throws<InvariantBrokenException>(() => other.TryAdmit(bench.Ticket("a/1/1")));
        Assert.Throws<InvariantBrokenException>(() => other.Release(used));
    }

    [Fact]
    public void Stage_PassesOverATenantAtItsCap_WithoutHoldingUpOthers()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 10, PerTenantMaxConcurrency = 2 });
        var tickets = bench.Try("a/1/0", "a/1/1", "a/1/2", "a/1/3");
        var high = bench.Try("a/1/4", 100);

        Assert.True(bench.Stage.TryAdmit(bench.Ticket("b/2/0", -100)));
        Assert.Equal(AdmissionReason.TenantCap, bench.Stage.Explain(high)!.Reason);
        Assert.Equal([1, 2, 3], new[] { high, tickets[2], tickets[3] }.Select(ticket => bench.Stage.Explain(ticket)!.Position));

        bench.Stage.Release(tickets[0]);
        Assert.Equal([high], bench.Told);
        bench.Stage.Release(tickets[1]);
        Assert.Equal([high, tickets[2]], bench.Told);
    }

    [Fact]
    public void Explain_PutsTenantsAtTheirCapBehindAllOthers_WhenTheStageIsFullToo()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 2, PerTenantMaxConcurrency = 1 });
        bench.Try("a/1/0");
        var aside = bench.Try("a/1/1", 100);
        bench.Try("b/2/0");
        var ready = bench.Try("c/3/0", -100);

        Assert.Equal((AdmissionReason.TenantCap, 2), ReasonAndPosition(bench, aside));
        Assert.Equal((AdmissionReason.Cap, 1), ReasonAndPosition(bench, ready));
    }

    [Fact]
    public void UpdateLimits_AdmitsAtOnce_WhenCapsRise()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 1, PerTenantMaxConcurrency = 1 });
        bench.Try("a/1/0", "a/1/1", "a/1/2", "b/2/0");

        bench.Stage.UpdateLimits(new StageLimits { MaxConcurrency = 2, PerTenantMaxConcurrency = 1 });
        Assert.Equal(["b/2/0"], bench.ToldNames);
        bench.Stage.UpdateLimits(new StageLimits { MaxConcurrency = 3 });
        Assert.Equal(["b/2/0", "a/1/1"], bench.ToldNames);
    }

    [Fact]
    public void UpdateLimits_LetsRunningStepsGoOn_WhenTheCapFalls()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 3 });
        var running = bench.Fill();
        bench.Try("a/1/0");
        bench.Stage.UpdateLimits(new StageLimits { MaxConcurrency = 1 });

        bench.Stage.Release(running[0]);
        bench.Stage.Release(running[1]);
        Assert.Empty(bench.Told);
        bench.Stage.Release(running[2]);
        Assert.Equal(["a/1/0"], bench.ToldNames);
    }

    [Fact]
    public void Explain_EstimatesFromMeanHoldTimes_WhenPlacesMustComeFree()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 2 });
        var running = bench.Fill();
        var first = bench.Try("a/1/0");
        var wait = bench.Stage.Explain(first)!;
        Assert.Equal((AdmissionReason.Cap, 1, 2, 2, null), (wait.Reason, wait.Position, wait.Running, wait.Cap, wait.EstimatedStart));
        Assert.Equal("Stage 'render' runs 2 of at most 2 steps; this step is number 1 in line.", wait.Sentence);

        bench.Time.Advance(TimeSpan.FromSeconds(10));
        bench.Stage.Release(running[0]);
        var (second, third) = (bench.Try("a/1/1"), bench.Try("a/1/2"));

        Assert.Null(bench.Stage.Explain(first));
        Assert.Equal(ManualTimeProvider.Epoch.AddSeconds(15), bench.Stage.Explain(second)!.EstimatedStart);
        Assert.Equal(ManualTimeProvider.Epoch.AddSeconds(20), bench.Stage.Explain(third)!.EstimatedStart);
    }

    [Fact]
    public void Stage_GoesOnAndReportsTheError_WhenAListenerThrows()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 1 });
        var first = bench.Try("a/1/0");
        bench.Try("a/1/1", "a/1/2");
        bench.OnAdmitted = ticket =>
        {
            bench.Stage.Release(ticket);
            throw new InvalidOperationException(AdmissionBench.NameOf(ticket));
        };

        bench.Stage.Release(first);

        Assert.Equal(["a/1/1", "a/1/2"], bench.Errors.Select(error => error.Message));
        Assert.Equal(0, bench.Stage.Statistics.Running);
    }

    [Fact]
    public void Stage_TellsNobody_WhenTheTicketWasReleasedBeforeItsTurnToBeTold()
    {
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 1 });
        bench.Try("a/1/0");
        var (second, third) = (bench.Try("a/1/1"), bench.Try("a/1/2"));
        bench.OnAdmitted = _ =>
        {
            Assert.False(bench.Stage.Withdraw(third));
            bench.Stage.Release(third);
        };

        bench.Stage.UpdateLimits(StageLimits.Default);

        Assert.Equal([second], bench.Told);
        Assert.Empty(bench.Errors);
    }

    [Fact]
    public void Stage_DoesNotNestListeners_WhenEachReleasesAtOnce()
    {
        const int Waiting = 100_000;
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = 1 });
        var first = bench.Try("a/1/0");
        for (var item = 1; item <= Waiting; item++) bench.Try($"a/{item % 100 + 1}/{item}");
        bench.OnAdmitted = ticket => bench.Stage.Release(ticket);

        bench.Stage.Release(first);

        Assert.Equal(Waiting, bench.Told.Count());
        Assert.Equal(Waiting, bench.Stage.Statistics.AdmittedAfterWaitTotal);
    }

    [Fact]
    public void Statistics_CountByReason()
    {
        var limits = new StageLimits { MaxConcurrency = 2, PerTenantMaxConcurrency = 1, StartDelay = TimeSpan.FromSeconds(1) };
        var bench = new AdmissionBench(limits);
        bench.Try("a/1/0", "a/1/1", "a/1/2", "b/2/0", "c/3/0");
        Assert.Equal(new StageStatistics("render", 1, 4, 1, 0, 0, 2, 0, 2), bench.Stage.Statistics);

        bench.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new StageStatistics("render", 2, 3, 2, 1, 1, 0, 0, 2), bench.Stage.Statistics);
    }

    [Fact]
    public void TryAdmit_AllocatesNothing_WhenNobodyWaits()
    {
        const int Starts = 1_000;
        var bench = new AdmissionBench(StageLimits.Default);
        var tickets = Enumerable.Range(0, 2 * Starts).Select(item => bench.Ticket($"a/1/{item}")).ToArray();
        for (var i = 0; i < Starts; i++) StartAndRelease(tickets[i]);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = Starts; i < 2 * Starts; i++) StartAndRelease(tickets[i]);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void StartAndRelease(AdmissionTicket ticket)
        {
            bench.Stage.TryAdmit(ticket);
            bench.Stage.Release(ticket);
        }
    }

    private static (AdmissionReason, int) ReasonAndPosition(AdmissionBench bench, AdmissionTicket ticket)
    {
        var wait = bench.Stage.Explain(ticket)!;
        return (wait.Reason, wait.Position);
    }
}
