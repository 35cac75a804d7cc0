using Dispatcher.Feed.Callbacks;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Feed.Callbacks;

/// <summary>Receivers: how many at once, breakers, and that one of them harms no other.</summary>
public sealed class CallbackReceiverTests : IDisposable
{
    private const string Other = "https://other.example.org/";

    private readonly CallbackBench _bench = new(new CallbackOptions { MaxConcurrency = 10, ReceiverMaxConcurrency = 3 });

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Attempts_AreBounded_ByReceiverAndInAll()
    {
        _bench.Answer = _ => null;
        for (var n = 0; n < 40; n++) _bench.Commit(1, $"https://h{n % 5}.example.org:8443/{n}");
        _bench.Run();
        Assert.Equal(10, _bench.Held.Count);
        Assert.All(
            _bench.Attempts.GroupBy(attempt => attempt.Request.Url.Authority, StringComparer.Ordinal),
            receiver => Assert.InRange(receiver.Count(), 1, 3));
        Assert.Equal(40, _bench.Service.Counters.Pending);
    }

    [Fact]
    public void SlowReceiver_TakesItsOwnPlacesOnly()
    {
        _bench.Answer = request => request.Url.Host == "other.example.org" ? CallbackBench.Ok : null;
        for (var n = 0; n < 30; n++) _bench.Commit(100);
        _bench.Run();
        var job = _bench.Commit(5, Other);
        _bench.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(3, _bench.Held.Count);
        Assert.All(_bench.Log(job), delivery => Assert.Equal(DeliveryStatus.Delivered, delivery.Status));
    }

    [Fact]
    public void BrokenReceiver_IsLeftAlone_UntilAProbeGoesThrough()
    {
        _bench.Answer = _ => CallbackBench.Broken;
        var failed = Enumerable.Range(0, 5).Select(_ => _bench.Commit(1)).ToList();
        _bench.Run();
        Assert.Equal(1, _bench.Service.Counters.BreakerOpens);
        var opened = _bench.Time.GetUtcNow();
        var open = Assert.Single(_bench.Ask(() => _bench.Service.Receivers("acme")));
        Assert.Equal(("https://hooks.example.org", BreakerState.Open, 5, opened.AddSeconds(30)), (open.Origin, open.Breaker, open.Failures, open.ProbeAt));

        var late = Enumerable.Range(0, 9).Select(_ => _bench.Commit(2)).ToList();
        _bench.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(5, _bench.Sent.Count);
        Assert.All(
            late.SelectMany(job => _bench.Log(job)),
            delivery => Assert.Equal(
                (DeliveryStatus.Pending, 0, "breaker open: the receiver failed 5 times in a row", opened.AddSeconds(30)),
                (delivery.Status, delivery.Attempts, delivery.LastError, delivery.NextAt)));

        _bench.Answer = _ => null;
        _bench.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(6, _bench.Sent.Count);
        Assert.Equal(BreakerState.HalfOpen, Assert.Single(_bench.Ask(() => _bench.Service.Receivers("acme"))).Breaker);

        _bench.Answer = _ => CallbackBench.Ok;
        _bench.Release(_bench.Held.Single(), CallbackBench.Ok);
        _bench.AdvanceUntilSettled(TimeSpan.FromHours(1));
        Assert.All(late.Concat(failed).SelectMany(job => _bench.Log(job)), delivery => Assert.Equal(DeliveryStatus.Delivered, delivery.Status));
        Assert.All(late, job => Assert.Equal([$"{job}-1", $"{job}-2"], _bench.Sent.Where(id => id.StartsWith($"{job}", StringComparison.Ordinal))));
        Assert.Empty(_bench.Ask(() => _bench.Service.Receivers("acme")));
    }

    [Fact]
    public void BrokenReceiver_IsProbedEverLess_AndItsCallbacksAreGivenUpAfterADay()
    {
        _bench.Answer = _ => CallbackBench.Broken;
        var jobs = Enumerable.Range(0, 50).Select(_ => _bench.Commit(1)).ToList();
        _bench.AdvanceUntilSettled(TimeSpan.FromHours(48));
        Assert.All(jobs.SelectMany(job => _bench.Log(job)), delivery => Assert.Equal(DeliveryStatus.Failed, delivery.Status));
        Assert.Equal(jobs.Count, _bench.Service.Counters.Failed);
        // Five to open it, three under way beside them, then one a probe: every ten minutes of a day at the most.
        Assert.InRange(_bench.Sent.Count, 50, 200);
    }

    [Fact]
    public void Tenants_ShareNoBreaker_AndSeeTheirOwnReceiversOnly()
    {
        _bench.Answer = request => CallbackBench.Json(request).GetProperty("data").GetProperty("tenant").GetString() == "acme" ? CallbackBench.Broken : CallbackBench.Ok;
        for (var n = 0; n < 6; n++) _bench.Commit(1);
        var job = _bench.Commit(1, tenant: "globex");
        _bench.Run();
        Assert.Equal(DeliveryStatus.Delivered, Assert.Single(_bench.Log(job, "globex")).Status);
        Assert.Empty(_bench.Ask(() => _bench.Service.Receivers("globex")));
        Assert.Single(_bench.Ask(() => _bench.Service.Receivers("acme")));
    }

    [Fact]
    public void Secrets_BelongToATenant_AndOldOnesSignForADay()
    {
        var first = Assert.Single(_bench.Ask(() => _bench.Service.Secrets.Active("acme")));
        Assert.Equal((32, first.Id), (first.Secret.Length, Assert.Single(_bench.Ask(() => _bench.Service.Secrets.Active("acme"))).Id));
        Assert.NotEqual(first.Secret.ToArray(), Assert.Single(_bench.Ask(() => _bench.Service.Secrets.Active("globex"))).Secret.ToArray());

        _bench.Advance(TimeSpan.FromSeconds(1));
        var rotated = _bench.Ask(() => _bench.Service.Secrets.Rotate("acme"));
        Assert.Equal((2, first.Id), (rotated.Count, rotated[1].Id));
        var (signatures, request) = Signatures();
        Assert.Equal(rotated.Select(secret => Signature(secret, request)), signatures);
        _bench.Advance(TimeSpan.FromHours(24));
        Assert.Equal(rotated[0].Id, Assert.Single(_bench.Ask(() => _bench.Service.Secrets.Active("acme"))).Id);
        (signatures, request) = Signatures();
        Assert.Equal([Signature(rotated[0], request)], signatures);
        _bench.Crash();
        Assert.Equal(rotated[0].Id, Assert.Single(_bench.Ask(() => _bench.Service.Secrets.Active("acme"))).Id);
    }

    private (string[] Signatures, CallbackRequest Request) Signatures()
    {
        _bench.Commit(1);
        _bench.Run();
        var request = _bench.Attempts[^1].Request;
        return (CallbackBench.Header(request, "webhook-signature").Split(' '), request);
    }

    private static string Signature(WebhookSecret secret, CallbackRequest request) => WebhookSignature.HeaderOf(
        [secret.Secret],
        CallbackBench.IdOf(request),
        long.Parse(CallbackBench.Header(request, "webhook-timestamp"), System.Globalization.CultureInfo.InvariantCulture),
        request.Body.Span);
}
