using Dispatcher.Jobs;
using Dispatcher.Steps.Workers;

namespace Dispatcher.Actors.Tests.Steps.Workers;

public sealed class WorkerLeaseTests : IDisposable
{
    private readonly WorkerBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void ALease_IsLost_WhenItsWorkerIsNotHeard()
    {
        var attempt = _bench.Offer("a", heartbeat: "10s");
        _bench.Take("a", "gpu");
        _bench.Advance(TimeSpan.FromSeconds(9.999));
        Assert.False(attempt.Ended.IsCompleted);
        _bench.Advance(TimeSpan.FromSeconds(0.001));
        var failure = attempt.Failure;
        Assert.Equal((ErrorClass.WorkerLost, "LEASE_EXPIRED"), (failure.Class, failure.Code));
        Assert.Contains("'gpu'", failure.Message, StringComparison.Ordinal);
        var queue = Assert.Single(_bench.Queues.Statistics("default"));
        Assert.Equal((1L, 0, 0), (queue.LostTotal, queue.Leased, queue.Workers[0].Leases));
    }

    [Fact]
    public void Heartbeats_KeepALease()
    {
        var attempt = _bench.Offer("a", heartbeat: "10s");
        var lease = _bench.Take("a");
        for (var i = 0; i < 5; i++)
        {
            _bench.Advance(TimeSpan.FromSeconds(9));
            Assert.Equal(LeaseStanding.Held, Beat(lease));
        }

        Assert.False(attempt.Ended.IsCompleted);
        Assert.Equal(1, _bench.Timers);
        _bench.Advance(TimeSpan.FromSeconds(10));
        Assert.True(attempt.Ended.IsFaulted);
        Assert.Equal((LeaseStanding.NotHere, 0), (Beat(lease), _bench.Timers));
    }

    [Theory]
    [InlineData(-1.0)]
    [InlineData(1.0)]
    public void ALease_IsNotMovedByTheClock_WhenItJumps(double hours)
    {
        var attempt = _bench.Offer("a", heartbeat: "10s");
        var lease = _bench.Take("a");
        _bench.Time.SetWallClock(_bench.Time.GetUtcNow() + TimeSpan.FromHours(hours));
        _bench.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(LeaseStanding.Held, Beat(lease));
        _bench.Advance(TimeSpan.FromSeconds(9));
        Assert.False(attempt.Ended.IsCompleted);
        _bench.Advance(TimeSpan.FromSeconds(1));
        Assert.True(attempt.Ended.IsFaulted);
    }

    [Fact]
    public void ALeaseOfAnEarlierProcess_LastsAWholeLengthFromTheStart()
    {
        var attempt = _bench.Offer("a", heartbeat: "10s", held: new StepLease("gpu", 7));
        Assert.Empty(_bench.Ask("a", waitSeconds: 0).Leases);
        Assert.Empty(attempt.LeasedTo);
        _bench.Advance(TimeSpan.FromSeconds(9));
        var key = new LeaseKey(attempt.JobId, attempt.Step, 1, 7);
        Assert.Equal(LeaseStanding.Held, _bench.Queues.Beat("default", key, out _, out _));
        _bench.Advance(TimeSpan.FromSeconds(9));
        var said = _bench.Say("default", key, new WorkerAnswer.Completed(null, []));
        Assert.True(attempt.Ended.IsCompletedSuccessfully);
        Assert.Null(said.Fate);
    }

    [Fact]
    public void AnAnswer_IsToldOnlyAfterItsJobHasWrittenIt()
    {
        var attempt = _bench.Offer("a");
        var lease = _bench.Take("a");
        var said = _bench.Complete(lease, new { size = 3 });
        Assert.Equal("""{"size":3}""", attempt.Result.Output!.Value.GetRawText());
        Assert.Null(said.Fate);
        _bench.Commit(lease, JobStatus.Running, _bench.Completed(lease));
        Assert.Equal(AnswerFate.Recorded, said.Fate);
    }

    [Fact]
    public void AnAnswerGivenTwiceAtOnce_HasOneFate_AndAnotherOneContradicts()
    {
        _bench.Offer("a");
        var lease = _bench.Take("a");
        var (first, same, other, failed) = (_bench.Complete(lease, 1), _bench.Complete(lease, 1), _bench.Complete(lease, 2), _bench.Fail(lease, "no"));
        Assert.Equal(AnswerFate.Contradicts, other.Fate);
        Assert.Equal(AnswerFate.Contradicts, failed.Fate);
        Assert.Equal((null, null), (first.Fate, same.Fate));
        _bench.Commit(lease, JobStatus.Running, _bench.Completed(lease));
        Assert.Equal((AnswerFate.Recorded, AnswerFate.Recorded), (first.Fate, same.Fate));
    }

    [Fact]
    public void AFailure_FailsTheAttemptAsTheWorkerSaid()
    {
        var attempt = _bench.Offer("a");
        var lease = _bench.Take("a");
        var said = _bench.Fail(lease, "no codec");
        var failure = attempt.Failure;
        Assert.Equal("no codec", failure.Message);
        _bench.Commit(lease, JobStatus.Running, new JobEvent.StepRetrying("a", null, 1, failure, _bench.Time.GetUtcNow(), _bench.Time.GetUtcNow()));
        Assert.Equal(AnswerFate.Recorded, said.Fate);
        Assert.Equal(1, _bench.Queues.Statistics("default").Single().FailedTotal);
    }

    [Fact]
    public void AnAnswer_IsLost_WhenTheAttemptEndedInAnotherWay()
    {
        _bench.Offer("a");
        var lease = _bench.Take("a");
        var said = _bench.Complete(lease);
        // The workflow declares a file that the worker did not upload: the engine makes a failure of the result.
        var failure = Failure.Of(ErrorClass.Permanent, "missing", "ARTIFACT_MISSING");
        _bench.Commit(lease, JobStatus.Running, new JobEvent.StepFailed("a", null, 1, failure, _bench.Time.GetUtcNow()));
        Assert.Equal(AnswerFate.Lost, said.Fate);
    }

    [Fact]
    public void ACancelledAttempt_IsTakenFromItsWorker()
    {
        var attempt = _bench.Offer("a");
        var lease = _bench.Take("a");
        Assert.Equal(LeaseStanding.NotHere, _bench.Queues.Beat("other", lease.Key, out _, out _));
        _bench.Do(attempt.Stopping.Cancel);
        Assert.True(attempt.Ended.IsCanceled);
        Assert.Equal(LeaseStanding.NotHere, Beat(lease));
        Assert.Equal(AnswerFate.NotHere, _bench.Complete(lease).Fate);
        Assert.Equal((0, 0), (_bench.Timers, _bench.Queues.Statistics("default")[0].Workers[0].Leases));
    }

    [Fact]
    public void AnAnswer_IsLost_WhenItsJobHasEnded_AlsoBeforeTheHandlerHeardIt()
    {
        var (before, after) = (_bench.Offer("a"), _bench.Offer("a"));
        var leases = _bench.Ask("a", max: 2).Leases;
        var early = _bench.Complete(leases[0]);
        _bench.Commit(leases[0], JobStatus.Cancelled);
        _bench.Commit(leases[1], JobStatus.Cancelled);
        Assert.Equal((AnswerFate.Lost, AnswerFate.NotHere), (early.Fate, _bench.Complete(leases[1]).Fate));
        Assert.True(before.Ended.IsCompletedSuccessfully && after.Ended.IsCanceled);
    }

    [Fact]
    public void ACancelledWaitingTask_LeavesTheLine()
    {
        var attempt = _bench.Offer("a");
        _bench.Do(attempt.Stopping.Cancel);
        Assert.Empty(_bench.Ask("a", waitSeconds: 0).Leases);
        Assert.Null(_bench.Queues.Explain(attempt.JobId, attempt.Step));
    }

    [Fact]
    public void AnAnswerOfAnotherTenant_OrWithAnotherToken_IsNotHere()
    {
        _bench.Offer("a");
        var lease = _bench.Take("a");
        Assert.Equal(AnswerFate.NotHere, _bench.Complete(lease, tenant: "other").Fate);
        Assert.Equal(AnswerFate.Lost, _bench.Complete(lease with { Key = lease.Key with { Token = 99 } }).Fate);
        Assert.Equal(AnswerFate.NotHere, _bench.Complete(lease with { Key = lease.Key with { Attempt = 2 } }).Fate);
    }

    [Fact]
    public void AnAnswer_MustBeGivenAgain_WhenItsJobLostItBeforeItWasWritten()
    {
        var attempt = _bench.Offer("a", job: 50);
        var lease = _bench.Take("a");
        var said = _bench.Complete(lease);
        Assert.True(attempt.Ended.IsCompletedSuccessfully);
        // The job's actor was restarted: it starts the same attempt again, with the lease that the journal has.
        _bench.Offer("a", job: 50, held: new StepLease("w1", lease.Key.Token));
        Assert.Equal(AnswerFate.NotHere, said.Fate);
        Assert.Null(_bench.Complete(lease).Fate);
    }

    [Fact]
    public void EndOfALease_CancelsWhatIsDoneUnderIt()
    {
        var attempt = _bench.Offer("a");
        var lease = _bench.Take("a");
        var end = _bench.Queues.EndOf(lease.Key)!.Value;
        Assert.False(end.IsCancellationRequested);
        _bench.Do(attempt.Stopping.Cancel);
        Assert.True(end.IsCancellationRequested);
        Assert.Null(_bench.Queues.EndOf(lease.Key));
    }

    [Theory]
    [InlineData("a", null)]
    [InlineData("a-b_c", 9999)]
    public void LeaseKeys_AreReadAsTheyWereWritten(string step, int? item)
    {
        var key = new LeaseKey(Simulation.SimulatedIds.Job(3), new StepKey(step, item), 4, 123456);
        Assert.True(LeaseKey.TryParse(key.ToText(), out var read));
        Assert.Equal(key, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("////")]
    [InlineData("..")]
    [InlineData("MDE4OTAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAxLzEvNy8tL2E=")]
    public void LeaseKeys_RefuseWhatIsNone(string text)
    {
        Assert.False(LeaseKey.TryParse(text, out _));
        Assert.False(LeaseKey.TryParse(new string('A', 1000), out _));
    }

    [Fact]
    public void LeaseKeys_RefuseOtherSpellings()
    {
        var text = new LeaseKey(Simulation.SimulatedIds.Job(3), new StepKey("a"), 4, 7).ToText();
        var plain = System.Text.Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(text));
        foreach (var other in new[] { plain.Replace("/4/", "/04/", StringComparison.Ordinal), plain.ToUpperInvariant(), plain + "\0", plain.Replace("/7/", "/+7/", StringComparison.Ordinal) })
            Assert.False(LeaseKey.TryParse(System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(other)), out var read) && read.ToText() == text, other);
    }

    private LeaseStanding Beat(WorkerLease lease) => _bench.Queues.Beat("default", lease.Key, out _, out _);
}
