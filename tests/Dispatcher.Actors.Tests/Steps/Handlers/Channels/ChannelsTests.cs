using System.Text.Json;
using Dispatcher.Steps.Handlers.Channels;

namespace Dispatcher.Actors.Tests.Steps.Handlers.Channels;

/// <summary>The channels over real HTTP.</summary>
public sealed class ChannelsTests
{
    private static readonly ChannelMessage Message = new(
        "Your practice", "The front knee was at 70 degrees.", new Uri("https://example.test/r/1"), [new ChannelItem("Warrior II: knee", new Uri("https://example.test/v?t=60s"))]);

    [Fact]
    public async Task Web_IsDeliveredByTheStepsOwnEvent() =>
        Assert.Equal(new ChannelAnswer.Delivered("web_feed"), await new WebChannel().Send(Delivery(null), default));

    [Fact]
    public async Task Webhook_PostsTheMessage_SignedAndWithAKey()
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(204));
        using var post = Post();
        var channel = new WebhookChannel(post, (tenant, id, sentAt, body) => ValueTask.FromResult($"v1,{tenant}:{id}:{sentAt}:{body.Length}"));

        var answer = await channel.Send(Delivery($"http://127.0.0.1:{server.Port}/hook"), default);

        Assert.Equal(new ChannelAnswer.Delivered("webhook_post"), answer);
        var request = Assert.Single(server.Requests);
        Assert.Equal("POST /hook HTTP/1.1", request.Line);
        var id = request.Headers["webhook-id"];
        Assert.Equal(id, request.Headers["Idempotency-Key"]);
        Assert.Equal($"v1,acme:{id}:1772366400:{request.Headers["Content-Length"]}", request.Headers["webhook-signature"]);
        Assert.Equal(
            """{"user":"ann","title":"Your practice","text":"The front knee was at 70 degrees.","link":"https://example.test/r/1","items":[{"title":"Warrior II: knee","url":"https://example.test/v?t=60s"}]}""",
            request.Body);
    }

    [Theory]
    [InlineData(500, true)]
    [InlineData(503, true)]
    [InlineData(429, true)]
    [InlineData(408, true)]
    [InlineData(404, false)]
    [InlineData(410, false)]
    public async Task Webhook_IsTriedAgain_WhenTheFaultMayPass(int status, bool again)
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(status, "why", "Location: http://127.0.0.1:1/", "Retry-After: 9"));
        using var post = Post();

        var answer = await new WebhookChannel(post, null).Send(Delivery($"http://127.0.0.1:{server.Port}/"), default);

        Assert.Equal(again ? new ChannelAnswer.TryAgain($"status {status}: why", TimeSpan.FromSeconds(9)) : new ChannelAnswer.Refused($"status {status}: why"), answer);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Webhook_DoesNotFollow_ARedirect()
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(302, "why", "Location: http://127.0.0.1:1/?token=secret"));
        using var post = Post();

        var answer = Assert.IsType<ChannelAnswer.Refused>(await new WebhookChannel(post, null).Send(Delivery($"http://127.0.0.1:{server.Port}/"), default));

        Assert.StartsWith("status 302: redirects are not followed", answer.Reason, StringComparison.Ordinal);
        Assert.EndsWith("(it leads to http://127.0.0.1:1)", answer.Reason, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    /// <summary>The reason goes into the receipt, which others read than those who may know the URL's key.</summary>
    [Fact]
    public async Task Webhook_TellsTheReason_WithoutWhatStandsInTheQuery()
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(404, "no token s3cret-value here"));
        using var post = Post();

        var answer = await new WebhookChannel(post, null).Send(Delivery($"http://127.0.0.1:{server.Port}/?token=s3cret-value"), default);

        Assert.Equal(new ChannelAnswer.Refused("status 404: no token *** here"), answer);
    }

    [Fact]
    public async Task Webhook_HasOneKey_ForAllAttemptsOfADelivery_AndAnotherForAnother()
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(503));
        using var post = Post();
        var (channel, delivery) = (new WebhookChannel(post, null), Delivery($"http://127.0.0.1:{server.Port}/"));

        foreach (var attempt in new[] { delivery, delivery with { Now = delivery.Now.AddSeconds(1) }, delivery with { Key = "another/step/channel" } }) await channel.Send(attempt, default);

        foreach (var header in new[] { "webhook-id", "Idempotency-Key" })
        {
            var keys = server.Requests.Select(request => request.Headers[header]).ToArray();
            Assert.Equal(keys[0], keys[1]);
            Assert.NotEqual(keys[0], keys[2]);
        }
    }

    [Fact]
    public async Task Webhook_IsTriedAgain_WhenNobodyListens()
    {
        using var post = Post();

        Assert.IsType<ChannelAnswer.TryAgain>(await new WebhookChannel(post, null).Send(Delivery("http://127.0.0.1:1/"), default));
    }

    [Fact]
    public async Task Webhook_GoesToNoPrivateAddress_UnlessAllowed()
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(200));
        using var post = new ChannelPost(new ChannelOptions(), TimeProvider.System);

        var answer = Assert.IsType<ChannelAnswer.TryAgain>(await new WebhookChannel(post, null).Send(Delivery($"http://127.0.0.1:{server.Port}/"), default));

        Assert.Contains("dispatcher.channels.allow-private-addresses", answer.Reason, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/")]
    [InlineData("not a url")]
    public async Task Webhook_Refuses_WhatIsNoHttpUrl(string address)
    {
        using var post = Post();

        Assert.IsType<ChannelAnswer.Refused>(await new WebhookChannel(post, null).Send(Delivery(address), default));
    }

    [Fact]
    public async Task Line_SendsAFlexMessage()
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(200, "{}"));
        using var post = Post();

        Assert.Equal(new ChannelAnswer.Delivered("line_flex"), await Line(post, server).Send(Delivery("U123"), default));

        var request = Assert.Single(server.Requests);
        Assert.Equal("POST /v2/bot/message/push HTTP/1.1", request.Line);
        Assert.Equal("Bearer a-token", request.Headers["Authorization"]);
        Assert.True(Guid.TryParse(request.Headers["X-Line-Retry-Key"], out _));
        var body = JsonElement.Parse(request.Body);
        Assert.Equal("U123", body.GetProperty("to").GetString());
        var message = body.GetProperty("messages")[0];
        Assert.Equal("flex", message.GetProperty("type").GetString());
        Assert.Equal("Your practice: The front knee was at 70 degrees.", message.GetProperty("altText").GetString());
        var bubble = message.GetProperty("contents");
        Assert.Equal("bubble", bubble.GetProperty("type").GetString());
        Assert.Equal("Your practice", bubble.GetProperty("header").GetProperty("contents")[0].GetProperty("text").GetString());
        Assert.Equal("The front knee was at 70 degrees.", bubble.GetProperty("body").GetProperty("contents")[0].GetProperty("text").GetString());
        Assert.Equal("https://example.test/v?t=60s", bubble.GetProperty("body").GetProperty("contents")[1].GetProperty("action").GetProperty("uri").GetString());
        Assert.Equal("https://example.test/r/1", bubble.GetProperty("footer").GetProperty("contents")[0].GetProperty("action").GetProperty("uri").GetString());
    }

    [Fact]
    public async Task Line_FallsBackToTextWithTheLink_AndSaysWhy()
    {
        await using var server = new TestHttpServer(request => request.Body.Contains("\"flex\"", StringComparison.Ordinal) ? TestHttpServer.Response(400, "too wide") : TestHttpServer.Response(200));
        using var post = Post();

        Assert.Equal(new ChannelAnswer.Delivered("line_text", "the Flex message was refused: status 400: too wide"), await Line(post, server).Send(Delivery("U123"), default));

        var requests = server.Requests.ToArray();
        Assert.Equal(2, requests.Length);
        Assert.NotEqual(requests[0].Headers["X-Line-Retry-Key"], requests[1].Headers["X-Line-Retry-Key"]);
        var message = JsonElement.Parse(requests[1].Body).GetProperty("messages")[0];
        Assert.Equal("text", message.GetProperty("type").GetString());
        Assert.Equal("Your practice\nThe front knee was at 70 degrees.\nhttps://example.test/r/1", message.GetProperty("text").GetString());
    }

    [Fact]
    public async Task Line_SendsTextAtOnce_WhenThereIsNoLinkForACard()
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(200));
        using var post = Post();

        var answer = await Line(post, server).Send(Delivery("U123") with { Message = Message with { Link = null } }, default);

        Assert.Equal(new ChannelAnswer.Delivered("line_text", "a card needs a link"), answer);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Line_HasDelivered_WhenThePlatformKnowsTheRetryKey()
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(409, "accepted before"));
        using var post = Post();

        Assert.Equal(new ChannelAnswer.Delivered("line_flex"), await Line(post, server).Send(Delivery("U123"), default));
    }

    [Theory]
    [InlineData(500, true)]
    [InlineData(429, true)]
    [InlineData(401, false)]
    [InlineData(403, false)]
    public async Task Line_IsTriedAgain_WhenTheFaultMayPass(int status, bool again)
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(status));
        using var post = Post();

        var answer = await Line(post, server).Send(Delivery("U123"), default);

        Assert.Equal(again ? new ChannelAnswer.TryAgain($"status {status}") : new ChannelAnswer.Refused($"status {status}"), answer);
    }

    [Fact]
    public async Task Line_HasOneRetryKey_ForAllAttemptsOfADelivery_AndAnotherForAnother()
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(503));
        using var post = Post();
        var (channel, delivery) = (Line(post, server), Delivery("U123"));

        foreach (var attempt in new[] { delivery, delivery with { Now = delivery.Now.AddSeconds(1) }, delivery with { Key = "another/step/channel" } }) await channel.Send(attempt, default);

        var keys = server.Requests.Select(request => request.Headers["X-Line-Retry-Key"]).ToArray();
        Assert.Equal(keys[0], keys[1]);
        Assert.NotEqual(keys[0], keys[2]);
        // A UUID of version 8.
        Assert.All(keys, key => Assert.Equal('8', Guid.Parse(key).ToString("D")[14]));
    }

    [Fact]
    public void Options_DoNotShowTheToken() => Assert.DoesNotContain("a-token", new LineOptions(new Uri("http://127.0.0.1/"), "a-token").ToString(), StringComparison.Ordinal);

    private static ChannelPost Post() => new(new ChannelOptions { AllowPrivateAddresses = true, Timeout = TimeSpan.FromSeconds(60), ConnectTimeout = TimeSpan.FromSeconds(60) }, TimeProvider.System);

    private static LineChannel Line(ChannelPost post, TestHttpServer server) => new(post, new LineOptions(new Uri($"http://127.0.0.1:{server.Port}/"), "a-token"));

    private static ChannelDelivery Delivery(string? address) =>
        new("acme", "ann", address is null ? null : new ChannelBinding(address), Message, "job/step/channel", new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
}
