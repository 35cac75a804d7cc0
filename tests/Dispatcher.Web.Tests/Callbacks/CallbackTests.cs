using System.Net;
using System.Text.Json;
using Dispatcher.Tests.Shared;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Callbacks;

/// <summary>Callbacks over real HTTP to a real process, which verifies them with the library of Standard Webhooks.</summary>
public sealed class CallbackTests : ServiceTest
{
    protected override void Configure(DispatcherOptions options) =>
        options.Node = options.Node with { Callbacks = options.Node.Callbacks with { AllowPrivateAddresses = true } };

    [Fact]
    public async Task Callbacks_AreVerified_ByTheLibraryOfTheStandard()
    {
        await using var receiver = await NodeReceiver.Start(await Secret());
        await Api.Register(Support.Workflows.Quick);
        var id = (await Api.Post(
            "/jobs",
            JsonSerializer.Serialize(new { workflow = "quick", correlation_id = "order-7", callback = new { url = receiver.Url } }),
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))).Text("id");

        var all = await Until(receiver, id, "job.completed");

        Assert.All(all, callback => Assert.True(callback.GetProperty("verified")[0].GetBoolean()));
        var events = (await Api.Get($"/jobs/{id}/events?type=job.*")).Json.GetProperty("events").EnumerateArray().ToList();
        Assert.Equal(
            events.Select(e => (e.GetProperty("seq").GetInt64(), e.GetProperty("type").GetString(), e.GetProperty("data").ToString())),
            all.Select(callback => Data(callback)).Select(data => (data.GetProperty("seq").GetInt64(), data.GetProperty("type").GetString(), data.GetProperty("data").ToString())));
        Assert.All(all, callback => Assert.Equal($"{id}-{Data(callback).GetProperty("seq")}", callback.GetProperty("id").GetString()));
        var last = Data(all[^1]);
        Assert.Equal(("default", "quick", "completed", "order-7"), (Text(last, "tenant"), Text(last, "workflow"), Text(last, "status"), Text(last, "correlation_id")));
        var headers = all[^1].GetProperty("headers");
        Assert.Equal("order-7", Text(headers, "x-correlation-id"));
        Assert.Matches("^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[0-9a-f]{16}-[0-9a-f]{2}$", Text(headers, "traceparent"));
        Assert.Equal("application/json; charset=utf-8", Text(headers, "content-type"));
    }

    [Fact]
    public async Task OldSecret_SignsToo_AfterARotation()
    {
        var old = await Secret();
        var rotated = await Api.Post("/webhooks/secret/rotate");
        Assert.Equal(HttpStatusCode.OK, rotated.Status);
        Assert.Equal(rotated.Text("secret"), await Secret());
        Assert.NotEqual(old, rotated.Text("secret"));
        Assert.Single(rotated.At("older").EnumerateArray());
        Assert.DoesNotContain(old, rotated.Content, StringComparison.Ordinal);

        await using var receiver = await NodeReceiver.Start(old, rotated.Text("secret"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        await Api.Register(Support.Workflows.Quick);
        await Create(receiver, "job.completed");
        Assert.Equal([true, true, false], (await receiver.Next()).GetProperty("verified").EnumerateArray().Select(verified => verified.GetBoolean()));
    }

    [Fact]
    public async Task FailedDelivery_LeavesTheJobAlone_AndIsListedAndReplayed()
    {
        await using var receiver = await NodeReceiver.Start(await Secret());
        await receiver.Answer(410);
        await Api.Register(Support.Workflows.Quick);
        var id = await Create(receiver, "job.completed");
        await Until(id, "completed");
        await receiver.Next();

        var delivery = await Delivery(id, "failed");
        Assert.Equal((1, 410), (delivery.GetProperty("attempts").GetInt32(), delivery.GetProperty("last_status_code").GetInt32()));
        Assert.Equal(("job.completed", receiver.Url.ToString()), (Text(delivery, "type"), Text(delivery, "url")));

        await receiver.Answer(204);
        var accepted = await Api.Post($"/webhooks/deliveries/{Text(delivery, "id")}/replay");
        Assert.Equal((HttpStatusCode.Accepted, Text(delivery, "id")), (accepted.Status, accepted.Text("id")));
        Assert.Equal(Text(delivery, "webhook_id"), (await receiver.Next()).GetProperty("id").GetString());
        await Delivery(id, "delivered");
    }

    [Fact]
    public async Task ManyJobs_AreToldInOrder()
    {
        await using var receiver = await NodeReceiver.Start(await Secret());
        await Api.Register(Support.Workflows.Quick);
        for (var n = 0; n < 100; n++) await Create(receiver, "job.created", "job.started", "job.completed");

        var seen = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        for (var n = 0; n < 300; n++)
        {
            var data = Data(await receiver.Next());
            if (!seen.TryGetValue(Text(data, "job_id"), out var types)) seen.Add(Text(data, "job_id"), types = []);
            types.Add(Text(data, "type"));
        }

        Assert.Equal(100, seen.Count);
        Assert.All(seen.Values, types => Assert.Equal(["job.created", "job.started", "job.completed"], types));
        Assert.False(receiver.HasMore);
    }

    [Fact]
    public async Task Receivers_ShowWhichOnesAreLeftAlone()
    {
        await using var receiver = await NodeReceiver.Start(await Secret());
        await receiver.Answer(503);
        await Api.Register(Support.Workflows.Quick);
        Assert.Empty((await Api.Get("/webhooks/receivers")).At("receivers").EnumerateArray());
        for (var n = 0; n < 5; n++) await Create(receiver, "job.created");
        for (var n = 0; n < 5; n++) await receiver.Next();

        // The fifth failure is known a moment after the receiver has sent it.
        var open = (await Poll.Until(
            async () => (await Api.Get("/webhooks/receivers")).At("receivers"), receivers => receivers.GetArrayLength() == 1 && Text(receivers[0], "breaker") == "open"))[0];
        Assert.Equal((receiver.Url.GetLeftPart(UriPartial.Authority), 5), (Text(open, "receiver"), open.GetProperty("failures").GetInt32()));
        Assert.True(open.TryGetProperty("probe_at", out _));

        var late = await Create(receiver, "job.created");
        var delivery = await Delivery(late, "pending", wanted => wanted.TryGetProperty("last_error", out _));
        Assert.StartsWith("breaker open", Text(delivery, "last_error"), StringComparison.Ordinal);
        Assert.Equal(0, delivery.GetProperty("attempts").GetInt32());
    }

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=201", "limit")]
    [InlineData("?status=lost", "delivered")]
    [InlineData("?job=7", "job")]
    [InlineData("?jobs=7", "known are")]
    [InlineData("?cursor=ZGVsaXZlcmllcyAyIDU", "cursor")]
    [InlineData("?cursor=!!", "cursor")]
    public async Task List_IsRefused_WhenItAsksForWhatIsNot(string query, string part)
    {
        var answer = await Api.Get($"/webhooks/deliveries{query}");
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(part, answer.Text("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("-1")]
    [InlineData("x")]
    [InlineData("99999999999999999999")]
    public async Task Replay_FindsNothing_WhenThereIsNoSuchDelivery(string id)
    {
        var answer = await Api.Post($"/webhooks/deliveries/{id}/replay");
        Assert.Equal((HttpStatusCode.NotFound, "not-found"), (answer.Status, answer.Text("code")));
    }

    [Fact]
    public async Task List_GoesOn_FromPageToPage()
    {
        await using var receiver = await NodeReceiver.Start(await Secret());
        await Api.Register(Support.Workflows.Quick);
        var id = await Create(receiver, "*");
        var all = (await Until(receiver, id, "job.completed")).Select(callback => callback.GetProperty("id").GetString()!).Reverse().ToList();

        var listed = new List<string>();
        string? cursor = null;
        do
        {
            var page = await Api.Get($"/webhooks/deliveries?job={id}&limit=2{(cursor is null ? "" : $"&cursor={cursor}")}");
            listed.AddRange(page.At("deliveries").EnumerateArray().Select(delivery => Text(delivery, "webhook_id")));
            cursor = page.Has("next") ? page.Text("next") : null;
        }
        while (cursor is not null);

        Assert.Equal(all, listed);
    }

    private async Task<string> Secret() => (await Api.Get("/webhooks/secret")).Text("secret");

    private Task<string> Create(NodeReceiver receiver, params string[] events) =>
        Api.Create(JsonSerializer.Serialize(new { workflow = "quick", callback = new { url = receiver.Url, events } }));

    /// <summary>Waits until a job's delivery has a status; it then.</summary>
    private async Task<JsonElement> Delivery(string job, string status, Func<JsonElement, bool>? isRight = null) => (await Poll.Until(
        async () => (await Api.Get($"/webhooks/deliveries?job={job}&status={status}")).At("deliveries"),
        deliveries => deliveries.GetArrayLength() == 1 && isRight?.Invoke(deliveries[0]) != false))[0];

    private static async Task<List<JsonElement>> Until(NodeReceiver receiver, string job, string type)
    {
        var all = new List<JsonElement>();
        do
        {
            all.Add(await receiver.Next());
            Assert.Equal(job, Text(Data(all[^1]), "job_id"));
        }
        while (Text(Data(all[^1]), "type") != type);
        return all;
    }

    private static JsonElement Data(JsonElement callback) => callback.GetProperty("payload").GetProperty("data");

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
