using System.Text.Json;
using Dispatcher.Tests.Shared;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Live;
using Dispatcher.Web.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Callbacks;

/// <summary>The query of a callback's URL may hold the receiver's key: it is sent to the receiver, and shown to nobody.</summary>
public sealed class CallbackSecretTests : ServiceTest
{
    private const string Secret = "s3cret-of-the-receiver";

    private readonly LogLines _log = new();

    protected override void Configure(DispatcherOptions options) =>
        options.Node = options.Node with { Callbacks = options.Node.Callbacks with { AllowPrivateAddresses = true } };

    protected override void ConfigureServices(IServiceCollection services) => _log.AddTo(services);

    [Fact]
    public async Task SecretInTheUrl_IsSent_AndShownNowhere()
    {
        await using var receiver = await NodeReceiver.Start((await Api.Get("/webhooks/secret")).Text("secret"));
        await receiver.Answer(410);
        await Api.Register(Support.Workflows.Quick);
        using var client = Service.Client();
        using var tenant = await SseClient.Open(client, "/api/v1/stream");

        var created = await Api.Post(
            "/jobs", JsonSerializer.Serialize(new { workflow = "quick", callback = new { url = $"{receiver.Url}?key={Secret}", events = new[] { "job.created", "job.completed" } } }));

        var callback = await receiver.Next();
        Assert.Equal($"/hook?key={Secret}", callback.GetProperty("path").GetString());
        var id = created.Text("id");
        await Until(id, "completed");
        await Poll.Until(async () => (await Api.Get($"/webhooks/deliveries?job={id}&status=failed")).At("deliveries"), failed => failed.GetArrayLength() == 2);
        string[] shown =
        [
            created.Content,
            callback.GetProperty("payload").GetRawText(),
            .. await Task.WhenAll(
                new[] { $"/jobs/{id}", $"/jobs/{id}/events", $"/jobs/{id}/state?at=1", "/jobs", $"/jobs/{id}/why", $"/webhooks/deliveries?job={id}", "/webhooks/receivers" }
                    .Select(async path => (await Api.Get(path)).Content)),
            .. (await tenant.Until(told => told.Type == "job.completed")).Select(told => told.Data),
            .. _log.All,
        ];

        Assert.All(shown, text => Assert.DoesNotContain(Secret, text, StringComparison.Ordinal));
        Assert.Contains($"{receiver.Url}?***", shown[2], StringComparison.Ordinal);
        Assert.Equal($"{receiver.Url}?***", (await Api.Get($"/webhooks/deliveries?job={id}")).Text("deliveries.0.url"));
    }
}
