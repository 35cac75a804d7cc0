using Dispatcher.Steps.Admission;

namespace Dispatcher.Actors.Tests.Steps.Admission;

/// <summary>Who is next: priority, tenants in turn, jobs in turn, first come.</summary>
public sealed class RenderStageOrderTests
{
    private readonly AdmissionBench _bench = new(new StageLimits { MaxConcurrency = 1 });

    public RenderStageOrderTests()
    {
        _bench.OnAdmitted = ticket => _bench.Stage.Release(ticket);
    }

    [Fact]
    public void Stage_AdmitsHigherPriorityFirst_WhateverTheOrderOfArrival()
    {
        Waiting(() =>
        {
            _bench.Try("a/1/0", -100);
            _bench.Try("a/1/1", 0);
            _bench.Try("b/2/0", 100);
            _bench.Try("a/1/2", 7);
        });

        Assert.Equal(["b/2/0", "a/1/2", "a/1/1", "a/1/0"], _bench.ToldNames);
    }

    [Fact]
    public void Stage_TakesTenantsInTurn_WhenOneCameFirstWithMany()
    {
        Waiting(() => _bench.Try("a/1/0", "a/1/1", "a/1/2", "b/2/0", "c/3/0", "b/2/1"));

        Assert.Equal(["a/1/0", "b/2/0", "c/3/0", "a/1/1", "b/2/1", "a/1/2"], _bench.ToldNames);
    }

    [Fact]
    public void Stage_TakesJobsOfATenantInTurn_WhenOneIsABigFanOut()
    {
        Waiting(() =>
        {
            for (var item = 0; item < 10_000; item++) _bench.Try($"a/1/{item}");
            _bench.Try("a/2/0", "a/2/1");
        });

        Assert.Equal(["a/1/0", "a/2/0", "a/1/1", "a/2/1", "a/1/2"], _bench.ToldNames.Take(5));
        Assert.Equal(10_002, _bench.Told.Count());
    }

    [Fact]
    public void Stage_KeepsTheOrderOfArrival_WithinAJob()
    {
        Waiting(() => _bench.Try("a/1/3", "a/1/1", "a/1/2"));

        Assert.Equal(["a/1/3", "a/1/1", "a/1/2"], _bench.ToldNames);
    }

    [Fact]
    public void Reprioritise_MovesATicketToItsNewPriority_WhenItWaits()
    {
        Waiting(() =>
        {
            var tickets = _bench.Try("a/1/0", "a/1/1", "a/1/2");
            _bench.Stage.Reprioritise(tickets[2], 1);
            _bench.Stage.Reprioritise(tickets[0], -1);
        });

        Assert.Equal(["a/1/2", "a/1/1", "a/1/0"], _bench.ToldNames);
    }

    [Fact]
    public void Reprioritise_ChangesTheNumberOnly_WhenTheTicketDoesNotWait()
    {
        var running = _bench.Try("a/1/0");
        _bench.Stage.Reprioritise(running, 5);

        Assert.Equal((5, AdmissionState.Admitted), (running.Priority, running.State));
        Assert.Throws<ArgumentOutOfRangeException>(() => _bench.Stage.Reprioritise(running, 101));
    }

    [Fact]
    public void Withdraw_ChangesNobodysTurn_WhenAWaitingTicketLeaves()
    {
        Waiting(() =>
        {
            var tickets = _bench.Try("a/1/0", "b/2/0", "a/1/1", "b/2/1");
            Assert.True(_bench.Stage.Withdraw(tickets[1]));
        });

        Assert.Equal(["a/1/0", "b/2/1", "a/1/1"], _bench.ToldNames);
    }

    [Fact]
    public void Explain_CountsThePosition_AcrossPrioritiesTenantsAndJobs()
    {
        var holder = _bench.Fill();
        var tickets = _bench.Try("a/1/0", "a/1/1", "a/2/0", "b/3/0", "b/3/1");
        var first = _bench.Try("c/4/0", 50);

        Assert.Equal([1, 2, 6, 4, 3, 5], new[] { first }.Concat(tickets).Select(ticket => _bench.Stage.Explain(ticket)!.Position));
        _bench.Stage.Release(holder[0]);
        Assert.Equal(["c/4/0", "a/1/0", "b/3/0", "a/2/0", "b/3/1", "a/1/1"], _bench.ToldNames);
    }

    /// <summary>Gathers tickets while the one place is taken, then frees it: the told listener releases at once, so all follow.</summary>
    private void Waiting(Action gather)
    {
        var holder = _bench.Fill();
        gather();
        Assert.Empty(_bench.Told);
        _bench.Stage.Release(holder[0]);
    }
}
