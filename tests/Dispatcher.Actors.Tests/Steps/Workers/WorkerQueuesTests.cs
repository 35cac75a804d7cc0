using Dispatcher.Jobs;
using Dispatcher.Steps.Workers;

namespace Dispatcher.Actors.Tests.Steps.Workers;

public sealed class WorkerQueuesTests : IDisposable
{
    private readonly WorkerBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Lease_GivesTheTaskWithItsInput_WhenOneWaits()
    {
        var attempt = _bench.Offer("transcode");
        var lease = _bench.Take("transcode", "gpu-1");
        Assert.Equal((attempt.JobId, new StepKey("a"), 1, 11L), (lease.Key.JobId, lease.Key.Step, lease.Key.Attempt, lease.Key.Token));
        Assert.Equal(("""{"n":1}""", "a", TimeSpan.FromSeconds(10)), (lease.Input!.Value.GetRawText(), lease.Task, lease.HeartbeatEvery));
        Assert.Equal(_bench.Time.GetUtcNow() + TimeSpan.FromSeconds(30), lease.ExpiresAt);
        Assert.Equal(["gpu-1"], attempt.LeasedTo);
    }

    [Fact]
    public void Lease_TakesByPriorityAndThenByAge_OverAllItsQueues()
    {
        var (old, urgent, other) = (_bench.Offer("a"), _bench.Offer("a", priority: 5), _bench.Offer("b"));
        var leases = _bench.Ask("b,a", max: 10).Leases;
        Assert.Equal([urgent.JobId, old.JobId, other.JobId], leases.Select(lease => lease.Key.JobId));
    }

    [Fact]
    public void Lease_TakesNoMoreThanItsCapacity()
    {
        for (var i = 0; i < 5; i++) _bench.Offer("a");
        Assert.Equal(2, _bench.Ask("a", max: 2).Leases.Length);
        Assert.Equal(3, _bench.Queues.Statistics("default").Single().Waiting);
    }

    [Fact]
    public void Polls_AreServedInTheOrderOfTheirArrival_OneATask()
    {
        var polls = Enumerable.Range(0, 3).Select(i => _bench.Ask(i == 1 ? "b,a" : "a", $"w{i}")).ToList();
        _bench.Offer("a");
        Assert.Equal([false, true, true], polls.Select(poll => poll.Waits));
        _bench.Offer("a");
        Assert.Equal([false, false, true], polls.Select(poll => poll.Waits));
        // The second is served and asks for nothing any more: what comes to its other queue waits.
        _bench.Offer("b");
        Assert.True(polls[2].Waits);
        Assert.Equal(2, _bench.Queues.WakeUps);
    }

    [Fact]
    public void Poll_IsAnsweredWithNothing_WhenItsWaitIsOver()
    {
        var poll = _bench.Ask("a", waitSeconds: 20);
        _bench.Advance(TimeSpan.FromSeconds(19.9));
        Assert.True(poll.Waits);
        _bench.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Empty(poll.Leases);
        Assert.Equal(0, _bench.Timers);
        _bench.Offer("a");
        Assert.Equal(1, _bench.Queues.Statistics("default").Single().Waiting);
    }

    [Fact]
    public void IdlePolls_AreNeverLookedAt_UntilTheirWaitIsOver()
    {
        var polls = Enumerable.Range(0, 200).Select(i => _bench.Ask("a", $"w{i}")).ToList();
        _bench.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(0, _bench.Queues.WakeUps);
        // The wait of each is the only timer it has, and all of them share the one timer of the system.
        Assert.Equal((200, 1), (_bench.Timers, _bench.Time.ArmedTimers));
        _bench.Offer("a");
        Assert.Equal((1L, 199), (_bench.Queues.WakeUps, polls.Count(poll => poll.Waits)));
        _bench.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((200L, 0), (_bench.Queues.WakeUps, polls.Count(poll => poll.Waits)));
    }

    [Fact]
    public void ATask_GoesToTheNextPoll_WhenItsWorkerLeftWhileTheLeaseWasWritten()
    {
        var written = new TaskCompletionSource<long>();
        var tokens = new Queue<ValueTask<long>>([new ValueTask<long>(written.Task), ValueTask.FromResult(12L)]);
        var (first, second) = (_bench.Ask("a", "w1"), _bench.Ask("a", "w2"));
        var attempt = _bench.Offer("a", record: _ => tokens.Dequeue());
        _bench.Do(first.Gone.Cancel);
        Assert.True(first.Waits && second.Waits);
        _bench.Do(() => written.SetResult(11));
        Assert.Empty(first.Leases);
        Assert.Equal(12, Assert.Single(second.Leases).Key.Token);
        Assert.Equal((false, 1), (attempt.Ended.IsCompleted, attempt.Attempt));
    }

    [Fact]
    public void ATask_KeepsItsPlace_WhenItIsGivenBack()
    {
        var (first, second) = (_bench.Offer("a"), _bench.Offer("a"));
        var lease = _bench.Take("a");
        _bench.Do(() => _bench.Queues.GiveBack([lease]));
        Assert.Equal([first.JobId, second.JobId], _bench.Ask("a", max: 2).Leases.Select(again => again.Key.JobId));
        Assert.False(first.Ended.IsCompleted);
        Assert.Equal(AnswerFate.Lost, _bench.Complete(lease).Fate);
    }

    [Fact]
    public void APoll_WaitsOn_WhenTheJobTakesNoLease()
    {
        var poll = _bench.Ask("a");
        var attempt = _bench.Offer("a", record: _ => throw new OperationCanceledException("The job has ended."));
        Assert.True(poll.Waits);
        Assert.True(attempt.Ended.IsCanceled);
        _bench.Offer("a");
        Assert.Single(poll.Leases);
    }

    [Fact]
    public void APollThatGotNothing_KeepsItsPlaceBeforeThoseThatCameLater()
    {
        var (first, second) = (_bench.Ask("a", "w1"), _bench.Ask("a", "w2"));
        _bench.Offer("a", record: _ => throw new OperationCanceledException("The job has ended."));
        _bench.Offer("a");
        Assert.Equal((false, true), (first.Waits, second.Waits));
    }

    [Fact]
    public void ATaskThatIsCancelledWhileItsLeaseIsWritten_ReachesNobody()
    {
        var written = new TaskCompletionSource<long>();
        var poll = _bench.Ask("a");
        var attempt = _bench.Offer("a", record: _ => new ValueTask<long>(written.Task));
        _bench.Do(attempt.Stopping.Cancel);
        Assert.True(attempt.Ended.IsCanceled);
        _bench.Do(() => written.SetResult(11));
        Assert.True(poll.Waits);
        Assert.Equal((0, 0, 1), (_bench.Queues.Statistics("default")[0].Leased, _bench.Queues.Statistics("default")[0].Waiting, _bench.Timers));
    }

    [Fact]
    public void Tenants_DoNotSeeEachOther()
    {
        _bench.Offer("a", tenant: "acme");
        Assert.Empty(_bench.Ask("a", waitSeconds: 0).Leases);
        Assert.Empty(_bench.Ask("a", waitSeconds: 0, tenant: "other").Leases);
        Assert.Single(_bench.Ask("a", waitSeconds: 0, tenant: "acme").Leases);
        Assert.Equal(0, _bench.Queues.Statistics("other").Sum(queue => queue.Waiting + queue.Leased));
    }

    [Fact]
    public void Drain_AnswersAllPollsOfThatWorker()
    {
        var (one, two, other) = (_bench.Ask("a", "w1"), _bench.Ask("b", "w1"), _bench.Ask("a", "w2"));
        Assert.Empty(_bench.Ask("a", "w1", drain: true).Leases);
        Assert.Equal((false, false, true), (one.Waits, two.Waits, other.Waits));
        Assert.Equal([("w1", true), ("w2", false)], _bench.Queues.Statistics("default")[0].Workers.Select(worker => (worker.Name, worker.IsDraining)));
    }

    [Fact]
    public void StopLeasing_AnswersPolls_AndKeepsLeases()
    {
        _bench.Offer("a");
        var lease = _bench.Take("a");
        var poll = _bench.Ask("a");
        _bench.Do(_bench.Queues.StopLeasing);
        Assert.Empty(poll.Leases);
        Assert.Empty(_bench.Ask("a").Leases);
        var said = _bench.Complete(lease);
        _bench.Commit(lease, JobStatus.Running, _bench.Completed(lease));
        Assert.Equal(AnswerFate.Recorded, said.Fate);
    }

    [Fact]
    public void StopLeasing_LetsAWorkerHaveTheTask_WhoseLeaseIsBeingWritten()
    {
        var written = new TaskCompletionSource<long>();
        var poll = _bench.Ask("a");
        _bench.Offer("a", record: _ => new ValueTask<long>(written.Task));
        _bench.Do(_bench.Queues.StopLeasing);
        _bench.Do(() => written.SetResult(11));
        Assert.Equal(11, Assert.Single(poll.Leases).Key.Token);
    }

    [Fact]
    public async Task Lease_IsRefused_WhenTheNodeHoldsNoMorePolls()
    {
        using var bench = new WorkerBench(pollLimit: 2);
        bench.Ask("a");
        bench.Ask("a");
        await Assert.ThrowsAsync<WorkersFullException>(() => bench.Ask("a").Answer);
        // A task that is there needs no wait.
        bench.Offer("b");
        Assert.Single(bench.Ask("b").Leases);
    }

    [Fact]
    public void ThePriorityOfAJob_MovesItsTask()
    {
        var (first, second) = (_bench.Offer("a"), _bench.Offer("a"));
        var changed = new JobEvent.PriorityChanged(9, new Principal("ada"), null, _bench.Time.GetUtcNow());
        _bench.Do(() => _bench.Queues.Committed(new JobState { Id = second.JobId, Status = JobStatus.Running }, [changed]));
        Assert.Equal([second.JobId, first.JobId], _bench.Ask("a", max: 2).Leases.Select(lease => lease.Key.JobId));
    }

    [Fact]
    public void Explain_SaysHowManyComeBefore_AndWhoHasIt()
    {
        var (first, second) = (_bench.Offer("a"), _bench.Offer("a"));
        var wait = _bench.Queues.Explain(second.JobId, second.Step)!;
        Assert.Equal((1, 0, null), (wait.Before, wait.Polling, wait.Worker));
        Assert.Equal("step a waits for a worker of queue 'a': 1 before it, no worker asks for tasks of this queue", wait.Sentence);
        _bench.Take("a", "gpu");
        Assert.Equal((null, "gpu"), (_bench.Queues.Explain(first.JobId, first.Step)!.Before, _bench.Queues.Explain(first.JobId, first.Step)!.Worker));
        Assert.Equal("step a waits for a worker of queue 'a': it is next, no worker is free, 1 task is with workers", _bench.Queues.Explain(second.JobId, second.Step)!.Sentence);
    }

    [Fact]
    public void Statistics_TellOfWaitsRunsAndWorkers()
    {
        _bench.Offer("a");
        _bench.Offer("a");
        _bench.Advance(TimeSpan.FromSeconds(2));
        var lease = _bench.Take("a", "gpu");
        _bench.Advance(TimeSpan.FromSeconds(3));
        var said = _bench.Complete(lease, new { ok = true });
        _bench.Commit(lease, JobStatus.Completed, _bench.Completed(lease));
        Assert.Equal(AnswerFate.Recorded, said.Fate);
        var queue = Assert.Single(_bench.Queues.Statistics("default"));
        Assert.Equal((1, 0, TimeSpan.FromSeconds(5), 1L, 0L), (queue.Waiting, queue.Leased, queue.OldestWaiting!.Value, queue.CompletedTotal, queue.LostTotal));
        Assert.Equal((new SpanSummary(1, 2000, 2000), new SpanSummary(1, 3000, 3000)), (queue.WaitTime, queue.RunTime));
        Assert.Equal(new WorkerSeen("gpu", _bench.Time.GetUtcNow() - TimeSpan.FromSeconds(3), 0, IsDraining: false), Assert.Single(queue.Workers));
    }

    [Fact]
    public void AHeartbeatOutOfBounds_FailsTheStep()
    {
        Assert.Equal(ErrorClass.InvalidInput, _bench.Offer("a", heartbeat: "1s").Failure.Class);
    }
}
