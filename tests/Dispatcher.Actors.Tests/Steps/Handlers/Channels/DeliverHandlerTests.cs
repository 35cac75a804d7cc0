using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Handlers.Channels;

namespace Dispatcher.Actors.Tests.Steps.Handlers.Channels;

/// <summary><c>channel.deliver</c>: attempts, fallback, receipts, and what a restart keeps of them.</summary>
public sealed class DeliverHandlerTests
{
    private readonly ImmediateTime _time = new();
    private readonly FakeChannel _first = new("first");
    private readonly FakeChannel _second = new("second");
    private readonly Dictionary<(string, string, string), ChannelBinding> _bindings = new()
    {
        [("acme", "ann", "first")] = new("1"),
        [("acme", "ann", "second")] = new("2"),
    };

    [Fact]
    public async Task Deliver_GivesAReceipt_WhenTheFirstChannelWorks()
    {
        var output = await Run("""["first", "second"]""");

        Assert.True(output.GetProperty("delivered").GetBoolean());
        Assert.Equal("first", output.GetProperty("channel").GetString());
        Assert.False(output.GetProperty("fallback_used").GetBoolean());
        Assert.Equal("https://example.test/report", output.GetProperty("result_url").GetString());
        var receipt = output.GetProperty("channel_receipt");
        Assert.Equal("success", receipt.GetProperty("status").GetString());
        Assert.Equal("first_way", receipt.GetProperty("delivery_method").GetString());
        Assert.Equal(1, receipt.GetProperty("attempts").GetInt32());
        Assert.True(Guid.TryParse(receipt.GetProperty("receipt_id").GetString(), out _));
        Assert.EndsWith("Z", receipt.GetProperty("delivered_at").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, output.GetProperty("receipts").GetArrayLength());
        Assert.Empty(_second.Deliveries);
    }

    [Fact]
    public async Task Deliver_TriesThreeTimes_WithDelaysThatDouble_AndOneKey()
    {
        _first.Answers.Enqueue(new ChannelAnswer.TryAgain("down"));
        _first.Answers.Enqueue(new ChannelAnswer.TryAgain("down"));

        var output = await Run("""["first"]""");

        Assert.Equal("success", Receipt(output, 0).GetProperty("status").GetString());
        Assert.Equal(3, Receipt(output, 0).GetProperty("attempts").GetInt32());
        Assert.Equal([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)], _time.Waits);
        Assert.Single(_first.Deliveries.Select(delivery => delivery.Key).Distinct());
    }

    [Fact]
    public async Task Deliver_GoesToTheNextChannel_WhenThreeAttemptsFailed()
    {
        for (var i = 0; i < 3; i++) _first.Answers.Enqueue(new ChannelAnswer.TryAgain("down"));

        var output = await Run("""["first", "second"]""");

        Assert.Equal(3, _first.Deliveries.Count);
        Assert.True(output.GetProperty("fallback_used").GetBoolean());
        Assert.Equal("second", output.GetProperty("channel").GetString());
        Assert.Equal(("failed", "down"), StatusOf(output, 0));
        Assert.Equal(("fallback_used", "first: down"), StatusOf(output, 1));
        Assert.False(Receipt(output, 0).TryGetProperty("delivered_at", out _));
    }

    [Fact]
    public async Task Deliver_Completes_WhenNothingWorks()
    {
        _first.Answers.Enqueue(new ChannelAnswer.Refused("no such user"));

        var output = await Run("""["first"]""");

        Assert.False(output.GetProperty("delivered").GetBoolean());
        Assert.Equal(("failed", "no such user"), StatusOf(output, 0));
        Assert.Equal(1, Receipt(output, 0).GetProperty("attempts").GetInt32());
    }

    [Theory]
    [InlineData("unbound", "is not bound")]
    [InlineData("unsubscribed", "has unsubscribed")]
    [InlineData("blocked", "has blocked")]
    public async Task Deliver_GivesAnErrorReceipt_WhenTheUserCannotBeReached(string how, string reason)
    {
        _bindings.Remove(("acme", "ann", "first"));
        if (how != "unbound") _bindings[("acme", "ann", "first")] = new ChannelBinding("1") { PushEnabled = how != "unsubscribed", BotBlocked = how == "blocked" };

        var output = await Run("""["first"]""");

        Assert.Equal("failed", StatusOf(output, 0).Status);
        Assert.Contains(reason, StatusOf(output, 0).Reason, StringComparison.Ordinal);
        Assert.Empty(_first.Deliveries);
    }

    [Fact]
    public async Task Deliver_SaysWhichChannelsThereAre_WhenOneIsUnknown() =>
        Assert.Equal(("failed", "there is no channel 'pigeon' here; there are first, second"), StatusOf(await Run("""["pigeon"]"""), 0));

    [Fact]
    public async Task Deliver_RecordsWhyASimplerFormWasUsed()
    {
        _first.Answers.Enqueue(new ChannelAnswer.Delivered("plain", "too large"));

        var output = await Run("""["first"]""");

        Assert.Equal(("fallback_used", "too large"), StatusOf(output, 0));
        Assert.True(output.GetProperty("fallback_used").GetBoolean());
    }

    [Fact]
    public async Task Deliver_WaitsAsLongAsTheReceiverAsks_ButNotForEver()
    {
        _first.Answers.Enqueue(new ChannelAnswer.TryAgain("busy", TimeSpan.FromSeconds(7)));
        _first.Answers.Enqueue(new ChannelAnswer.TryAgain("busy", TimeSpan.FromDays(1)));

        await Run("""["first"]""");

        Assert.Equal([TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(30)], _time.Waits);
    }

    [Fact]
    public async Task Deliver_CountsAttemptsOn_AfterARestart()
    {
        for (var i = 0; i < 2; i++) _first.Answers.Enqueue(new ChannelAnswer.TryAgain("down"));
        var killed = Context("""["first"]""");
        await Run(killed);
        // As if the process had been killed after its second attempt.
        var saved = killed.Checkpoints[1];
        var before = _first.Deliveries.Count;
        for (var i = 0; i < 3; i++) _first.Answers.Enqueue(new ChannelAnswer.TryAgain("still down"));

        var output = await Run(Context("""["first"]""", saved));

        Assert.Equal(1, _first.Deliveries.Count - before);
        Assert.Equal(3, Receipt(output, 0).GetProperty("attempts").GetInt32());
        Assert.Equal("failed", StatusOf(output, 0).Status);
    }

    /// <summary>Killed in the middle of its second attempt, over and over: that is made again under the same key, and three with an outcome are left to it.</summary>
    [Fact]
    public async Task Deliver_DoesNotCountAnAttempt_WhoseOutcomeWasLost()
    {
        for (var i = 0; i < 3; i++) _first.Answers.Enqueue(new ChannelAnswer.TryAgain("down"));
        var killed = Context("""["first"]""");
        await Run(killed);
        var afterFirst = killed.Checkpoints[0];

        for (var kill = 0; kill < 5; kill++)
        {
            for (var i = 0; i < 2; i++) _first.Answers.Enqueue(new ChannelAnswer.TryAgain("still down"));
            Assert.Equal(3, Receipt(await Run(Context("""["first"]""", afterFirst)), 0).GetProperty("attempts").GetInt32());
        }

        Assert.Equal(3 + (5 * 2), _first.Deliveries.Count);
        Assert.Single(_first.Deliveries.Select(delivery => delivery.Key).Distinct());
    }

    [Fact]
    public async Task Deliver_DoesNotTryAChannelAgain_ThatHasItsReceipt()
    {
        _first.Answers.Enqueue(new ChannelAnswer.Refused("no"));
        var killed = Context("""["first", "second"]""");
        var whole = await Run(killed);

        var output = await Run(Context("""["first", "second"]""", killed.Checkpoints[0]));

        Assert.Single(_first.Deliveries);
        // The second channel's receiver sees the same key again, and its receipt has the same name.
        Assert.Equal(_second.Deliveries[0].Key, _second.Deliveries[1].Key);
        Assert.Equal(Receipt(whole, 1).GetProperty("receipt_id").GetString(), Receipt(output, 1).GetProperty("receipt_id").GetString());
        Assert.Equal(2, output.GetProperty("receipts").GetArrayLength());
    }

    [Fact]
    public async Task Deliver_SendsNothing_WhenItsReceiptWasSavedAlready()
    {
        var killed = Context("""["first"]""");
        var whole = await Run(killed);

        var output = await Run(Context("""["first"]""", killed.Checkpoints[^1]));

        Assert.Single(_first.Deliveries);
        Assert.Equal(whole.GetRawText(), output.GetRawText());
    }

    [Fact]
    public async Task Deliver_TakesWhateverIsThrown_ForAFaultThatPasses()
    {
        var handler = new DeliverHandler([_first], new BrokenDirectory(), new ChannelOptions());

        var output = ((StepResult.Completed)await handler.Run(Context("""["first"]"""))).Output!.Value;

        Assert.Equal(("failed", "the user database is down"), StatusOf(output, 0));
        Assert.Equal(3, Receipt(output, 0).GetProperty("attempts").GetInt32());
    }

    [Fact]
    public async Task Deliver_TriesAChannelOnce_ThatIsNamedTwice()
    {
        _first.Answers.Enqueue(new ChannelAnswer.Refused("no"));

        Assert.Equal(1, (await Run("""["first", "first"]""")).GetProperty("receipts").GetArrayLength());
    }

    [Theory]
    [InlineData("""{"user":"ann","channels":[],"message":{"title":"t","text":"x"}}""", "channels")]
    [InlineData("""{"user":"ann","channels":["a","b","c","d","e","f","g","h","i"],"message":{"title":"t","text":"x"}}""", "channels")]
    [InlineData("""{"channels":["first"],"message":{"title":"t","text":"x"}}""", "user")]
    [InlineData("""{"user":"ann","channels":["first"]}""", "message")]
    [InlineData("""{"user":"ann","channels":["first"],"message":{"title":"t","text":"x","link":"javascript:alert(1)"}}""", "message.link")]
    [InlineData("""{"user":"ann","channels":["first"],"message":{"title":"t","text":"x","items":[{"title":"i","url":"/relative"}]}}""", "message.items[0].url")]
    public async Task Deliver_RefusesAnOrder_ThatIsWrong(string with, string field)
    {
        var failure = (await Assert.ThrowsAsync<StepFailedException>(async () => await Run(new TestStepContext(with)))).Failure;

        Assert.Equal(ErrorClass.InvalidInput, failure.Class);
        Assert.Contains($"with.{field}:", failure.Message, StringComparison.Ordinal);
    }

    private async Task<JsonElement> Run(string channels) => await Run(Context(channels));

    private async Task<JsonElement> Run(TestStepContext context) =>
        ((StepResult.Completed)await new DeliverHandler([_first, _second], new ConfiguredDirectory(_bindings), new ChannelOptions()).Run(context)).Output!.Value;

    private TestStepContext Context(string channels, JsonElement? checkpoint = null) =>
        new($$$"""{"user":"ann","channels":{{{channels}}},"message":{"title":"Report","text":"It is there.","link":"https://example.test/report"}}""") { Time = _time, Checkpoint = checkpoint };

    private static JsonElement Receipt(JsonElement output, int index) => output.GetProperty("receipts")[index];

    private static (string Status, string Reason) StatusOf(JsonElement output, int index) =>
        (Receipt(output, index).GetProperty("status").GetString()!, Receipt(output, index).TryGetProperty("reason", out var reason) ? reason.GetString()! : "");

    /// <summary>Answers as it is told, and else delivers.</summary>
    private sealed class FakeChannel(string name) : IChannel
    {
        public string Name => name;

        public bool NeedsBinding => true;

        public Queue<ChannelAnswer> Answers { get; } = new();

        public List<ChannelDelivery> Deliveries { get; } = [];

        public ValueTask<ChannelAnswer> Send(ChannelDelivery delivery, CancellationToken cancellation)
        {
            Deliveries.Add(delivery);
            return ValueTask.FromResult(Answers.TryDequeue(out var answer) ? answer : new ChannelAnswer.Delivered($"{name}_way"));
        }
    }

    private sealed class BrokenDirectory : IChannelDirectory
    {
        public ValueTask<ChannelBinding?> Find(string tenant, string user, string channel, CancellationToken cancellation) => throw new InvalidOperationException("the user database is down");
    }
}
