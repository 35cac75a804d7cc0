using Dispatcher.Feed.Callbacks;
using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Feed.Callbacks;

/// <summary>What is sent, when, in which order and how often; under a clock that the test moves, on a real SQLite store.</summary>
public sealed class CallbackSenderTests : IDisposable
{
    private readonly CallbackBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Callback_TellsTheEvent_AndIsRecorded()
    {
        var spec = new JobSpec
        {
            Tenant = "acme",
            Workflow = new WorkflowReference("render", 3, "hash"),
            CorrelationId = "order-7",
            TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            Callback = new CallbackSpec(CallbackBench.Url),
        };
        var job = _bench.Commit(1, spec: spec);
        _bench.Run();

        var (at, request) = Assert.Single(_bench.Attempts);
        var body = CallbackBench.Json(request);
        Assert.Equal("job.created", body.GetProperty("type").GetString());
        Assert.Equal(at, body.GetProperty("timestamp").GetDateTimeOffset());
        var data = body.GetProperty("data");
        Assert.Equal(
            [$"job_id={job}", "seq=1", "type=job.created", "at=2026-01-01T00:00:00+00:00", "tenant=acme", "workflow=render", "status=running", "correlation_id=order-7"],
            data.EnumerateObject().Where(field => field.Name != "data").Select(field => $"{field.Name}={field.Value}"));
        Assert.Equal("ada", data.GetProperty("data").GetProperty("by").GetProperty("name").GetString());
        Assert.Equal($"{job}-1", CallbackBench.IdOf(request));
        Assert.Equal(at.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture), CallbackBench.Header(request, "webhook-timestamp"));
        Assert.Equal("order-7", CallbackBench.Header(request, "x-correlation-id"));
        Assert.StartsWith("00-4bf92f3577b34da6a3ce929d0e0e4736-", CallbackBench.Header(request, "traceparent"), StringComparison.Ordinal);
        Assert.Matches(@"^Dispatcher/\d+\.\d+\.\d+$", CallbackBench.Header(request, "user-agent"));

        var delivery = Assert.Single(_bench.Log(job));
        Assert.Equal((DeliveryStatus.Delivered, 1, 204, null), (delivery.Status, delivery.Attempts, delivery.LastStatusCode, delivery.LastError));
        Assert.Equal((1, 0, 0, 0), (_bench.Service.Counters.Sent, _bench.Service.Counters.Failed, _bench.Service.Counters.Retried, _bench.Service.Counters.Pending));
    }

    [Fact]
    public void CallbacksOfAJob_GoInOrder_OneAfterTheOther()
    {
        _bench.Answer = _ => null;
        var (first, second) = (_bench.Commit(3), _bench.Commit(1));
        _bench.Run();
        Assert.Equal([$"{first}-1", $"{second}-1"], _bench.Sent.Order(StringComparer.Ordinal));

        _bench.CommitMore(first, 4);
        for (var n = 1; n <= 4; n++)
        {
            Assert.Contains($"{first}-{n}", _bench.Held);
            Assert.DoesNotContain($"{first}-{n + 1}", _bench.Sent);
            _bench.Release($"{first}-{n}", CallbackBench.Ok);
        }

        Assert.All(_bench.Log(first), delivery => Assert.Equal(DeliveryStatus.Delivered, delivery.Status));
    }

    [Fact]
    public void LaterCallbacksOfAJob_AreNotHeldUp_ByOneThatFailed()
    {
        var failures = 1;
        _bench.Answer = request => CallbackBench.IdOf(request).EndsWith("-1", StringComparison.Ordinal) && failures-- > 0 ? CallbackBench.Broken : CallbackBench.Ok;
        var job = _bench.Commit(3);
        _bench.Run();
        Assert.Equal([$"{job}-1", $"{job}-2", $"{job}-3"], _bench.Sent);
        Assert.Equal((DeliveryStatus.Pending, 1, "status 500"), (_bench.Log(job)[0].Status, _bench.Log(job)[0].Attempts, _bench.Log(job)[0].LastError));

        _bench.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal($"{job}-1", _bench.Sent[^1]);
        Assert.Equal((DeliveryStatus.Delivered, 2), (_bench.Log(job)[0].Status, _bench.Log(job)[0].Attempts));
        Assert.Equal((3, 1), (_bench.Service.Counters.Sent, _bench.Service.Counters.Retried));
    }

    [Fact]
    public void Callback_IsRepeatedEverLater_AndGivenUpAfterADay()
    {
        _bench.Answer = _ => CallbackBench.Broken;
        var job = _bench.Commit(1);
        _bench.AdvanceUntilSettled(TimeSpan.FromHours(48));

        var delivery = Assert.Single(_bench.Log(job));
        Assert.Equal((DeliveryStatus.Failed, _bench.Sent.Count), (delivery.Status, delivery.Attempts));
        Assert.Equal("status 500; given up 24 h after the event", delivery.LastError);
        Assert.InRange(_bench.Sent.Count, 11, 12);
        Assert.Equal(delivery.CreatedAt.AddHours(24), _bench.Attempts[^1].At);
        var waits = _bench.Attempts.Zip(_bench.Attempts.Skip(1), (one, next) => (next.At - one.At).TotalSeconds).ToList();
        for (var n = 0; n < RetrySchedule.Delays.Length; n++) Assert.InRange(waits[n], RetrySchedule.Delays[n].TotalSeconds * 0.89, RetrySchedule.Delays[n].TotalSeconds * 1.11);
        Assert.Single(_bench.Sent.Distinct(StringComparer.Ordinal));
        Assert.Single(_bench.Attempts.Select(attempt => Convert.ToHexString(attempt.Request.Body.Span)).Distinct(StringComparer.Ordinal));
        Assert.Equal(1, _bench.Service.Counters.Failed);
    }

    [Fact]
    public void Callback_WaitsAsLong_AsTheReceiverAsks()
    {
        var answers = new Queue<CallbackAnswer>([new CallbackAnswer(429, "status 429", TimeSpan.FromMinutes(5)), CallbackBench.Ok]);
        _bench.Answer = _ => answers.Dequeue();
        _bench.Commit(1);
        _bench.AdvanceUntilSettled(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.FromMinutes(5), _bench.Attempts[1].At - _bench.Attempts[0].At);
    }

    [Fact]
    public void Callback_IsSentAgainUnderItsId_WhenTheProcessDiesBeforeItIsRecorded()
    {
        _bench.Answer = _ => null;
        var job = _bench.Commit(3);
        _bench.Run();
        Assert.Equal([$"{job}-1"], _bench.Sent);

        _bench.Answer = _ => CallbackBench.Ok;
        _bench.Crash();
        Assert.Equal([$"{job}-1", $"{job}-1", $"{job}-2", $"{job}-3"], _bench.Sent);
        Assert.All(_bench.Log(job), delivery => Assert.Equal((DeliveryStatus.Delivered, 1), (delivery.Status, delivery.Attempts)));
    }

    [Fact]
    public void AJob_IsToldNothingMore_WhenItsReceiverIsGone()
    {
        var gone = new CallbackAnswer(410, "status 410");
        _bench.Answer = request => CallbackBench.IdOf(request).EndsWith("-2", StringComparison.Ordinal) ? gone : CallbackBench.Ok;
        var job = _bench.Commit(3);
        _bench.Run();
        _bench.CommitMore(job, 4);
        var other = _bench.Commit(1);
        _bench.AdvanceUntilSettled(TimeSpan.FromHours(48));

        Assert.Equal([$"{job}-1", $"{job}-2", $"{other}-1"], _bench.Sent);
        Assert.Equal(
            [(DeliveryStatus.Delivered, 1), (DeliveryStatus.Failed, 1), (DeliveryStatus.Failed, 0), (DeliveryStatus.Failed, 0)],
            _bench.Log(job).Select(delivery => (delivery.Status, delivery.Attempts)));
        Assert.Contains("410", _bench.Log(job)[3].LastError, StringComparison.Ordinal);

        _bench.Answer = _ => CallbackBench.Ok;
        Assert.True(_bench.Ask(() => _bench.Service.Replay("acme", _bench.Log(job)[3].Id)));
        Assert.Equal($"{job}-4", _bench.Sent[^1]);
        Assert.Equal(DeliveryStatus.Delivered, _bench.Log(job)[3].Status);
    }

    [Fact]
    public void Replay_SendsOnceMore_UnderTheSameId()
    {
        var job = _bench.Commit(1);
        _bench.Run();
        var id = _bench.Log(job)[0].Id;
        _bench.Advance(TimeSpan.FromHours(30));

        Assert.False(_bench.Ask(() => _bench.Service.Replay("other", id)));
        Assert.False(_bench.Ask(() => _bench.Service.Replay("acme", id + 1)));
        Assert.Single(_bench.Sent);
        Assert.True(_bench.Ask(() => _bench.Service.Replay("acme", id)));
        Assert.Equal([$"{job}-1", $"{job}-1"], _bench.Sent);

        _bench.Answer = _ => CallbackBench.Broken;
        Assert.True(_bench.Ask(() => _bench.Service.Replay("acme", id)));
        Assert.Equal((DeliveryStatus.Failed, 3), (_bench.Log(job)[0].Status, _bench.Sent.Count));
    }

    [Fact]
    public void Deliveries_AreAllSent_WhenThereAreMoreThanFitIntoMemory()
    {
        _bench.Answer = _ => null;
        var jobs = Enumerable.Range(0, 100).Select(n => _bench.Commit(3, $"https://h{n % 7}.example.org/")).ToList();
        var many = Enumerable.Range(0, 20).Select(_ => _bench.Commit(60, "https://busy.example.org/")).ToList();
        _bench.Run();
        _bench.Answer = _ => CallbackBench.Ok;
        while (_bench.Held is [var id, ..]) _bench.Release(id, CallbackBench.Ok);

        Assert.Equal((100 * 3) + (20 * 60), _bench.Sent.Count);
        Assert.All(jobs, job => Assert.Equal([1L, 2, 3], SequenceOf(job)));
        Assert.All(many, job => Assert.Equal(Enumerable.Range(1, 60).Select(n => (long)n), SequenceOf(job)));
        Assert.Equal((_bench.Sent.Count, 0), (_bench.Service.Counters.Sent, _bench.Service.Counters.Pending));
    }

    [Fact]
    public void Deliveries_AreSentAtOnce_WhenTheyWereCommittedWhileTheMemoryWasFull()
    {
        _bench.Answer = _ => null;
        for (var n = 0; n < 90; n++) _bench.Commit(30, $"https://h{n % 9}.example.org/");
        _bench.Run();
        // What went out has made room; the next ones fill it, and the last one finds none.
        _bench.Commit(1, "https://other.example.org/");
        _bench.Run();
        Assert.True(_bench.Service.Counters.Pending < 90 * 30, "more than fits into memory");
        var late = _bench.Commit(1, "https://late.example.org/");
        _bench.Run();
        _bench.Answer = _ => CallbackBench.Ok;
        while (_bench.Held is [var id, ..]) _bench.Release(id, CallbackBench.Ok);
        Assert.Equal((90 * 30) + 2, _bench.Sent.Count);
        Assert.Equal([1L], SequenceOf(late));
    }

    [Fact]
    public void Callback_IsSentAgainUnderItsId_WhenItCannotBeRecorded()
    {
        _bench.RecordFaults = 2;
        var job = _bench.Commit(2);
        _bench.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal([$"{job}-1", $"{job}-1", $"{job}-1", $"{job}-2"], _bench.Sent);
        Assert.All(_bench.Log(job), delivery => Assert.Equal((DeliveryStatus.Delivered, 1), (delivery.Status, delivery.Attempts)));
    }

    [Fact]
    public void Callback_IsNotSent_WhenItsEventIsNotStored()
    {
        var job = _bench.Commit(1);
        _bench.CommitMore(job, 2, deliveredSequenceNr: 99);
        _bench.Run();
        Assert.Equal([$"{job}-1"], _bench.Sent);
        Assert.Equal((DeliveryStatus.Failed, 0, "not sent: the event is not stored any more"), (_bench.Log(job)[1].Status, _bench.Log(job)[1].Attempts, _bench.Log(job)[1].LastError));
    }

    [Fact]
    public void Callback_IsTriedAgain_WhenThisNodeCannotMakeIt()
    {
        var job = _bench.CommitUnreadable();
        _bench.Advance(TimeSpan.FromSeconds(70));
        var delivery = Assert.Single(_bench.Log(job));
        Assert.Empty(_bench.Sent);
        Assert.Equal((DeliveryStatus.Pending, 0), (delivery.Status, delivery.Attempts));
        Assert.Contains("job.unheard-of", delivery.LastError, StringComparison.Ordinal);
        Assert.Empty(_bench.Ask(() => _bench.Service.Receivers("acme")));
    }

    [Fact]
    public void Drain_WaitsForWhatIsUnderWay_AndBeginsNothingMore()
    {
        _bench.Answer = _ => null;
        var job = _bench.Commit(2);
        _bench.Run();
        var drained = _bench.Service.Drain();
        _bench.Run();
        Assert.False(drained.IsCompleted);
        _bench.Release($"{job}-1", CallbackBench.Ok);
        Assert.True(drained.IsCompletedSuccessfully);
        Assert.Equal([$"{job}-1"], _bench.Sent);
        Assert.Equal([DeliveryStatus.Delivered, DeliveryStatus.Pending], _bench.Log(job).Select(delivery => delivery.Status));
    }

    private IEnumerable<long> SequenceOf(JobId job) =>
        _bench.Attempts.Select(attempt => CallbackBench.Json(attempt.Request).GetProperty("data"))
            .Where(data => data.GetProperty("job_id").GetGuid() == job.Value).Select(data => data.GetProperty("seq").GetInt64());
}
