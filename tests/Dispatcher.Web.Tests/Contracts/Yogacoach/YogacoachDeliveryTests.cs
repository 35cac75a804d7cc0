using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Web.Tests.Contracts.Yogacoach;

/// <summary>Step 7, the channel delivery (C2): receipts, fallback, and that it never fails a job.</summary>
public sealed class YogacoachDeliveryTests : YogacoachTest
{
    [Fact]
    public async Task Web_IsPushedThroughTheFeed()
    {
        var id = await Created(Request("good"));
        var status = await Ended(id);

        Assert.Equal(("web", "web_feed", "success"), (status.Text("delivery.channel"), status.Text("delivery.channel_receipt.delivery_method"), status.Text("delivery.channel_receipt.status")));
        var events = await Service.Engine.Store.ReadEvents(JobId.Parse(id), 0, 1000);
        var pushed = Assert.Single(events.Select(stored => EventCodec.Decode(stored.Type, stored.At, stored.Payload.Span)).OfType<JobEvent.StepCompleted>(), completed => completed.Step == "channel_delivery");
        Assert.Equal(status.Text("delivery.channel_receipt.receipt_id"), pushed.Output!.Value.GetProperty("channel_receipt").GetProperty("receipt_id").GetString());
    }

    [Fact]
    public async Task Line_GetsAFlexMessage_OncePerJob()
    {
        var status = await Run(Request("good", "line", "ann"));

        Assert.Equal(("line", "line_flex", "success"), (status.Text("delivery.channel"), status.Text("delivery.channel_receipt.delivery_method"), status.Text("delivery.channel_receipt.status")));
        Assert.False(status.At("delivery.fallback_used").GetBoolean());
        var message = Assert.Single(await LineMessages());
        Assert.Equal("U-ann", message.GetProperty("to").GetString());
        Assert.Contains(status.Text("job_id"), message.GetRawText(), StringComparison.Ordinal);
        Assert.Contains("youtube.com/watch?v=yoga-warrior-2&t=0s", JsonSerializer.Serialize(message).Replace("\\u0026", "&", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Receipt_HasAllItsFields()
    {
        var status = await Run(Request("good", "line", "ann"));

        var receipt = status.At("delivery.channel_receipt");
        foreach (var field in new[] { "receipt_id", "delivered_at", "delivery_method", "status" }) Assert.Equal(JsonValueKind.String, receipt.GetProperty(field).ValueKind);
        Assert.Equal(status.Text("result.delivery_bundle.share_link"), status.Text("delivery.result_url"));
    }

    [Theory]
    [InlineData("unbound-1", "is not bound")]
    [InlineData("unsubscribed-1", "has unsubscribed")]
    [InlineData("blocked-1", "has blocked")]
    public async Task Line_WithAUserThatCannotBeReached_IsAnErrorReceipt_AndWebTakesOver(string user, string reason)
    {
        var status = await Run(Request("good", "line", user));

        Assert.Equal("completed", status.Text("status"));
        Assert.Equal(("failed", "line"), (status.Text("delivery.receipts.0.status"), status.Text("delivery.receipts.0.channel")));
        Assert.Contains(reason, status.Text("delivery.receipts.0.reason"), StringComparison.Ordinal);
        Assert.Equal(("web", "fallback_used"), (status.Text("delivery.channel"), status.Text("delivery.channel_receipt.status")));
        Assert.True(status.At("delivery.fallback_used").GetBoolean());
        Assert.Empty(await LineMessages());
    }

    [Fact]
    public async Task Bundle_HasACardPlaylistsAndALinkOf72Hours()
    {
        var status = await Run(Request("bent"));

        Assert.Equal("Your practice", status.Text("result.delivery_bundle.main_card.title"));
        Assert.Equal("yellow", status.Text("result.delivery_bundle.main_card.safety_label"));
        Assert.Equal(2, status.At("result.delivery_bundle.playlists").GetArrayLength());
        var link = new Uri(status.Text("result.delivery_bundle.share_link"));
        Assert.Equal(new Uri(Service.Address, $"/api/yogacoach/jobs/{status.Text("job_id")}/status"), link);
        Assert.Equal(status.Content, (await Send(HttpMethod.Get, link.AbsolutePath, null)).Content);
        var ended = (await State(status.Text("job_id"))).EndedAt!.Value;
        Assert.InRange(status.At("result.delivery_bundle.share_link_expires_at").GetDateTimeOffset(), ended.AddHours(72).AddMinutes(-1), ended.AddHours(72));
    }
}

/// <summary>A LINE that does not take Flex messages.</summary>
public sealed class YogacoachPlainLineTests : YogacoachTest
{
    private protected override string[] LineOptions => ["--refuse-flex", "true"];

    [Fact]
    public async Task Line_FallsBackToPlainText_WithTheReason()
    {
        var status = await Run(Request("good", "line", "ann"));

        Assert.Equal(("line_text", "fallback_used"), (status.Text("delivery.channel_receipt.delivery_method"), status.Text("delivery.channel_receipt.status")));
        Assert.StartsWith("the Flex message was refused: status 400", status.Text("delivery.channel_receipt.reason"), StringComparison.Ordinal);
        var text = Assert.Single(await LineMessages()).GetProperty("messages")[0].GetProperty("text").GetString()!;
        Assert.EndsWith(status.Text("delivery.result_url"), text, StringComparison.Ordinal);
    }
}
