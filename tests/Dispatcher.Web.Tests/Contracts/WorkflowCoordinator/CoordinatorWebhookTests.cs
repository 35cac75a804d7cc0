using System.Net;
using Dispatcher.Steps.Providers;

namespace Dispatcher.Web.Tests.Contracts.WorkflowCoordinator;

/// <summary>Polls that come once an hour: whatever goes on, goes on because a webhook has rung.</summary>
public sealed class CoordinatorWebhookTests : CoordinatorTest
{
    private protected override ProviderOptions Patience => new() { PollInitial = TimeSpan.FromHours(1), PollMax = TimeSpan.FromHours(1), MaxTime = TimeSpan.FromDays(1) };

    [Fact]
    public async Task Webhook_MakesAWaitingSceneGoOn_AndASecondOneChangesNothing()
    {
        Provider.Set(new Provider.Fault { DelayMs = 1 });
        var number = await Create(pairs: 1);
        await Approve(number);
        // Waiting for it: the id is durable, and the bell hangs.
        var id = await ProviderId(number);

        foreach (var _ in Enumerable.Range(0, 3)) Assert.Equal(HttpStatusCode.OK, (await Ring(id)).Status);
        var ended = await Ended(number);

        Assert.Equal("completed", ended.Text("status"));
        Assert.Equal(HttpStatusCode.OK, (await Ring(id)).Status);
        Assert.Single(Provider.Bill);
    }

    [Fact]
    public async Task Webhook_ThatSomebodyMadeUp_DoesNotEndAScene()
    {
        Provider.Set(new Provider.Fault { Stall = true });
        var number = await Create(pairs: 1);
        await Approve(number);
        var id = await ProviderId(number);

        var engineJob = (await EngineJobs(number))[0];
        var (scenes, events) = (await Scenes(number), await Api.Get($"/jobs/{engineJob}/events"));

        await Coordinator.Post("/api/webhooks/replicate", $$"""{"id":"{{id}}","status":"succeeded","output":"http://evil.test/x.mp4"}""");
        await Coordinator.Post("/api/webhooks/replicate", $$"""{"id":"{{id}}","status":"failed","error":"made up"}""");
        // The ring was heard: the provider was asked, and says that it goes on.
        await UntilLooked(1);

        Assert.Equal(("processing", id), (scenes.Text("scenes.0.status"), scenes.Text("scenes.0.provider_id")));
        Assert.Equal((scenes.Content, events.Content), ((await Scenes(number)).Content, (await Api.Get($"/jobs/{engineJob}/events")).Content));
        AssertError(await Coordinator.Get($"{Root}/videos/{number}/clips/scene_1.mp4"), HttpStatusCode.NotFound, "Clip not found");
        Assert.Single(Provider.Bill);
    }

    /// <summary>A provider tells of an order with all that was ordered, images and all.</summary>
    [Fact]
    public async Task Webhook_IsHeard_HoweverMuchFollowsItsId()
    {
        Provider.Set(new Provider.Fault { DelayMs = 1 });
        var number = await Create(pairs: 1);
        await Approve(number);
        var id = await ProviderId(number);

        var answer = await Coordinator.Post("/api/webhooks/replicate", $$"""{"metrics":{"cost":[1]},"id":"{{id}}","input":{"image":"{{new string('x', 3 << 20)}}"},"status":"succeeded"}""");

        Assert.Equal((HttpStatusCode.OK, """{"status":"ok"}"""), (answer.Status, answer.Content));
        Assert.Equal("completed", (await Ended(number)).Text("status"));
    }

    private async Task UntilLooked(int looks)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (Provider.Looks < looks)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private Task<Dispatcher.Web.Tests.Support.Answer> Ring(string id) => Coordinator.Post("/api/webhooks/replicate", $$"""{"id":"{{id}}","status":"succeeded"}""");

    /// <summary>The id of the only prediction, once it has ended or stalls, and the step waits for it.</summary>
    private async Task<string> ProviderId(long number)
    {
        await UntilScene(number, 0, "processing");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (Signals.Waiting == 0 || Provider.Predictions.Count == 0 || (!Provider.Predictions[0].Fault.Stall && !Provider.Predictions[0].HasEnded))
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        return Provider.Predictions[0].Id;
    }
}
