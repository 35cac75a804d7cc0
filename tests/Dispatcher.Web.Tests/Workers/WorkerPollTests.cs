using System.Net;

namespace Dispatcher.Web.Tests.Workers;

/// <summary>Long polls over real connections.</summary>
public sealed class WorkerPollTests
{
    [Fact]
    public async Task TwoHundredIdlePolls_AreNeverLookedAt_AndATaskWakesOne()
    {
        await using var service = await WorkerService.Start();
        var queues = service.Service.Engine.Node.Workers!.Queues;
        using var gone = new CancellationTokenSource();
        var polls = Enumerable.Range(0, 200).Select(i => service.Poll($"w{i}", gone.Token)).ToList();
        await Until(() => queues.Statistics("default").FirstOrDefault()?.Polling == 200);
        // Requests of others, jobs of other handlers, time: nothing looks at those that wait.
        for (var i = 0; i < 20; i++) using (await service.Api.Client.GetAsync("/health/ready")) { }
        Assert.Equal(0, queues.WakeUps);
        var (_, ended) = await service.Submit();
        var first = await Task.WhenAny(polls);
        var leases = (await first).GetProperty("leases");
        Assert.Equal(1, leases.GetArrayLength());
        Assert.Equal((1L, 199), (queues.WakeUps, queues.Statistics("default")[0].Polling));
        await service.Post("complete", new { lease = leases[0].GetProperty("lease").GetString() });
        await ended;
        await gone.CancelAsync();
        await Until(() => queues.Statistics("default")[0].Polling == 0);
        Assert.Equal(1, queues.WakeUps);
    }

    [Fact]
    public async Task ATask_GoesToSomebodyElse_WhenThePollerHasGone()
    {
        await using var service = await WorkerService.Start();
        var queues = service.Service.Engine.Node.Workers!.Queues;
        using var gone = new CancellationTokenSource();
        var left = service.Poll("left", gone.Token);
        await Until(() => queues.Statistics("default").FirstOrDefault()?.Polling == 1);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        await Until(() => queues.Statistics("default")[0].Polling == 0);
        var (_, ended) = await service.Submit();
        var lease = await service.Lease(worker: "stays");
        Assert.Equal(1, lease.GetProperty("attempt").GetInt32());
        await service.Post("complete", new { lease = lease.GetProperty("lease").GetString() });
        await ended;
    }

    [Fact]
    public async Task ADrainingWorker_IsAnsweredAtOnce()
    {
        await using var service = await WorkerService.Start();
        var queues = service.Service.Engine.Node.Workers!.Queues;
        var poll = service.Poll(worker: "w1", waitMs: 60_000);
        await Until(() => queues.Statistics("default").FirstOrDefault()?.Polling == 1);
        var drained = await service.Post("lease", new { queues = new[] { "demo" }, worker = "w1", drain = true });
        Assert.Equal((0, 0), (drained.At("leases").GetArrayLength(), (await poll).At("leases").GetArrayLength()));
    }

    [Fact]
    public async Task Polls_AreAnsweredWithNothing_WhenTheServiceStops()
    {
        var service = await WorkerService.Start();
        // A first answer, so that the one below need not ask a server that is gone what it should look like.
        await service.Api.Get("/workers/queues");
        var poll = service.Poll(waitMs: 60_000);
        await Until(() => service.Service.Engine.Node.Workers!.Queues.Statistics("default").FirstOrDefault()?.Polling == 1);
        var stopped = service.Service.DisposeAsync().AsTask();
        Assert.Equal(0, (await poll).At("leases").GetArrayLength());
        await stopped;
    }

    [Fact]
    public async Task APollTooMany_IsToldToComeAgain()
    {
        await using var service = await WorkerService.Start(options => options.Node = options.Node with { WorkerPollLimit = 1 });
        using var gone = new CancellationTokenSource();
        var waits = service.Poll("w1", gone.Token);
        await Until(() => service.Service.Engine.Node.Workers!.Queues.Statistics("default").FirstOrDefault()?.Polling == 1);
        var refused = await service.Poll();
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "too-many-polls"), (refused.Status, refused.Text("code")));
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
    }

    /// <summary>A request is on its way through another thread and tells nobody when it has arrived.</summary>
    private static async Task Until(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
    }
}
