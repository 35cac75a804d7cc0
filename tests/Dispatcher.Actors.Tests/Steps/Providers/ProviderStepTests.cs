using System.Text.Json;
using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Providers;

namespace Dispatcher.Actors.Tests.Steps.Providers;

/// <summary>A provider's step under a clock that the test moves: what is asked when, what is paid, and what is left for the next attempt.</summary>
public sealed class ProviderStepTests
{
    private const string Step = "01890000-0000-7000-8000-000000000001/step";
    private const string With = """{"model":"veo3","input":{"prompt":"a house"},"output":"clips/scene_1.mp4","cost":1.2}""";

    private static readonly string Key = KeyOf(With);

    private readonly ManualTimeProvider _time = new();
    private readonly FakeProvider _provider;
    private readonly Pump _pump;
    private readonly ProviderSignals _signals = new();

    public ProviderStepTests() => (_provider, _pump) = (new FakeProvider(_time), new Pump(_time));

    [Fact]
    public void Run_OrdersOnce_AndGivesTheFileTheIdAndTheCost()
    {
        _provider.Looks.AddRange([FakeProvider.Going, FakeProvider.Going, FakeProvider.Done]);
        var context = Context();

        var output = Output(context);

        Assert.Equal([$"0 start {Key}/1", "1 look p1", "3 look p1", "7 look p1", "7 fetch p1"], _provider.Asked);
        Assert.Equal(("clips/scene_1.mp4", "p1", "veo3"), (Text(output, "path"), Text(output, "provider_id"), Text(output, "model")));
        Assert.Equal("""{"amount":1.2,"currency":"USD","orders":1}""", output.GetProperty("cost").GetRawText());
        Assert.Equal("p1", Text(Assert.Single(context.Checkpoints), "provider_id"));
        Assert.Equal(0, _signals.Waiting);
    }

    [Fact]
    public void Run_SavesTheIdBeforeItDoesAnythingElse()
    {
        var context = Context();
        context.Saving = checkpoint => throw new InvalidOperationException($"crashed with {Text(checkpoint, "provider_id")}");

        var crash = Assert.Throws<InvalidOperationException>(() => Run(context));

        Assert.Equal("crashed with p1", crash.Message);
        Assert.Equal([$"0 start {Key}/1"], _provider.Asked);
    }

    [Fact]
    public void Run_DoesNotOrderAgain_WhenAnEarlierAttemptHasSavedAnId()
    {
        _provider.Looks.Add(FakeProvider.Done);

        var output = Output(Context(checkpoint: Saved("p7")));

        Assert.Equal(["0 look p7", "0 fetch p7"], _provider.Asked);
        Assert.Equal(0, _provider.Paid);
        Assert.Equal(1.2m, output.GetProperty("cost").GetProperty("amount").GetDecimal());
    }

    [Fact]
    public void Run_OrdersUnderTheSameKey_WhenTheIdWasLost()
    {
        var crashing = Context();
        crashing.Saving = _ => throw new InvalidOperationException("crash");
        Assert.Throws<InvalidOperationException>(() => Run(crashing));
        _provider.Looks.Add(FakeProvider.Done);

        Run(Context());

        Assert.Equal(1, _provider.Paid);
        Assert.Equal(2, _provider.Asked.Count(what => what == $"0 start {Key}/1"));
    }

    [Fact]
    public void Run_FailsForGood_WhenTheProviderSaysNoMore()
    {
        _provider.Looks.Add(FakeProvider.Broken);

        var failure = Fails(Context());

        Assert.Equal((ErrorClass.Permanent, ProviderFailure.Failed), (failure.Class, failure.Code));
        Assert.Equal("provider.test: the provider says that p1 failed: no luck", failure.Message);
    }

    [Fact]
    public void Run_OrdersAnewAndCountsBoth_WhenTheProviderSaysThatItMayWorkAgain()
    {
        _provider.Looks.AddRange([id => FakeProvider.Broken(id) with { MayWorkAgain = true }, FakeProvider.Done]);
        var first = Context();
        Assert.Equal((ErrorClass.Transient, ProviderFailure.Failed), (Fails(first).Class, ProviderFailure.Failed));

        var output = Output(Context(checkpoint: first.Checkpoints[^1]));

        Assert.Contains($"1 start {Key}/2", _provider.Asked);
        Assert.Equal("""{"amount":2.4,"currency":"USD","orders":2}""", output.GetProperty("cost").GetRawText());
    }

    [Fact]
    public void Run_TakesTheProvidersCost_OverTheExpectedOne()
    {
        _provider.Looks.Add(id => FakeProvider.Done(id) with { Cost = 0.75m });
        Assert.Equal(0.75m, Output(Context()).GetProperty("cost").GetProperty("amount").GetDecimal());
    }

    /// <summary>The process died between the order and its id, and meanwhile the order has ended: it was paid, and is what the step has come to.</summary>
    [Theory]
    [InlineData(PredictionStatus.Failed, ProviderFailure.Failed)]
    [InlineData(PredictionStatus.Canceled, ProviderFailure.Canceled)]
    public void Run_FailsWithTheOrder_WhenItFailedWhileItsIdWasLost(PredictionStatus status, string code)
    {
        var crashing = Context();
        crashing.Saving = _ => throw new InvalidOperationException("crash");
        Assert.Throws<InvalidOperationException>(() => Run(crashing));
        _provider.Starting = id => new Prediction(id, status);

        var failure = Fails(Context());

        Assert.Equal((ErrorClass.Permanent, code), (failure.Class, failure.Code));
        Assert.Equal([$"0 start {Key}/1", $"0 start {Key}/1"], _provider.Asked);
        Assert.Equal(1, _provider.Paid);
    }

    [Fact]
    public void Run_FailsTheAttemptAsTheProviderSays_WhenTheStartIsRefused()
    {
        _provider.Starting = _ => throw FakeProvider.Passing(retryAfterSeconds: 17);
        var failure = Fails(Context());
        Assert.Equal((ErrorClass.Transient, 17_000L), (failure.Class, failure.RetryAfterMs!.Value));
    }

    [Fact]
    public void Run_GoesOnWaiting_WhenTheProviderCannotBeAskedForAWhile()
    {
        _provider.Looks.AddRange([_ => throw FakeProvider.Passing(), _ => throw FakeProvider.Passing(retryAfterSeconds: 20), FakeProvider.Done]);
        Run(Context());
        Assert.Equal(["1 look p1", "3 look p1", "23 look p1"], _provider.Asked.Where(what => what.Contains("look", StringComparison.Ordinal)));
    }

    [Fact]
    public void Run_FailsForGood_WhenTheProviderDoesNotKnowTheId()
    {
        _provider.Looks.Add(_ => throw new StepFailedException(ErrorClass.Permanent, "gone", ProviderFailure.OfStatus(404)));
        Assert.Equal(("PROVIDER_HTTP_404", ErrorClass.Permanent), (Fails(Context()).Code, Fails(Context(checkpoint: Saved("p1"))).Class));
    }

    [Fact]
    public void Run_CallsTheOrderOffAndFails_AfterThirtyLooks()
    {
        _provider.Looks.Add(FakeProvider.Going);

        var failure = Fails(Context());

        Assert.Equal((ErrorClass.Timeout, ProviderFailure.Timeout), (failure.Class, failure.Code));
        Assert.Equal(30, _provider.Asked.Count(what => what.Contains("look", StringComparison.Ordinal)));
        Assert.EndsWith("cancel p1", _provider.Asked[^1], StringComparison.Ordinal);
        Assert.InRange(_time.Elapsed, TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(30));
    }

    [Fact]
    public void Run_CountsTheTimeFromTheOrder_InWhateverProcess()
    {
        _provider.Looks.Add(FakeProvider.Going);
        var failure = Fails(Context(checkpoint: Saved("p1", _time.GetUtcNow() - TimeSpan.FromMinutes(29))));
        Assert.Equal(ProviderFailure.Timeout, failure.Code);
        Assert.Equal(TimeSpan.FromMinutes(1), _time.Elapsed);
    }

    [Theory]
    [InlineData(StopReason.JobEnded, true)]
    [InlineData(StopReason.Shutdown, false)]
    [InlineData(StopReason.Detached, false)]
    [InlineData(StopReason.Timeout, false)]
    public void Run_CallsTheOrderOff_OnlyWhenItsJobHasEnded(StopReason reason, bool isCalledOff)
    {
        using var stop = new CancellationTokenSource();
        var context = Context(cancellation: stop.Token);
        _provider.Looks.Add(FakeProvider.Going);
        _provider.Looked = () =>
        {
            context.Reason = reason;
            stop.Cancel();
        };

        Assert.ThrowsAny<OperationCanceledException>(() => Run(context));

        Assert.Equal(isCalledOff, _provider.Asked.Contains("1 cancel p1"));
    }

    [Fact]
    public void Run_CallsTheOrderOff_WhenTheJobEndsWhileItIsMade()
    {
        using var stop = new CancellationTokenSource();
        var context = Context(cancellation: stop.Token);
        context.Saving = checkpoint =>
        {
            context.Reason = StopReason.JobEnded;
            // A moment later, as the engine does: by the test's clock, or the handler might not be told in time.
            _ = _time.CreateTimer(_ =>
            {
                _pump.ExpectWork();
                stop.Cancel();
            }, null, TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
            throw new OperationCanceledException("The job has ended; its checkpoint is refused.");
        };

        Assert.ThrowsAny<OperationCanceledException>(() => Run(context));

        Assert.Equal("cancel p1", _provider.Asked[^1].Split(' ', 2)[1]);
    }

    [Fact]
    public void Run_DoesNotOrder_WhenTheAttemptIsOverAlready()
    {
        Assert.ThrowsAny<OperationCanceledException>(() => Run(Context(cancellation: new CancellationToken(canceled: true))));
        Assert.Empty(_provider.Asked);
    }

    [Fact]
    public void Run_LooksAtOnce_WhenAWebhookRings()
    {
        _provider.Looks.AddRange([FakeProvider.Going, FakeProvider.Going, FakeProvider.Going, FakeProvider.Done]);
        RingAt(TimeSpan.FromSeconds(9));
        Run(Context());
        Assert.Equal(["1 look p1", "3 look p1", "7 look p1", "9 look p1"], _provider.Asked.Where(what => what.Contains("look", StringComparison.Ordinal)));
    }

    /// <summary>The provider answers the look of a ring with the wish to be left alone: neither the next ring nor the clock comes before.</summary>
    [Fact]
    public void Run_WaitsAsTheProviderAsks_WhenTheLookOfARingIsToldSo()
    {
        _provider.Looks.AddRange([FakeProvider.Going, _ => throw FakeProvider.Passing(retryAfterSeconds: 20), FakeProvider.Done]);
        RingAt(TimeSpan.FromSeconds(2));
        RingAt(TimeSpan.FromSeconds(9));

        Run(Context());

        Assert.Equal(["1 look p1", "2 look p1", "22 look p1"], _provider.Asked.Where(what => what.Contains("look", StringComparison.Ordinal)));
    }

    [Fact]
    public void Run_WaitsAsTheProviderAsks_WhenAWebhookRingsMeanwhile()
    {
        _provider.Looks.AddRange([_ => throw FakeProvider.Passing(retryAfterSeconds: 20), FakeProvider.Done]);
        RingAt(TimeSpan.FromSeconds(5));

        Run(Context());

        Assert.Equal(["1 look p1", "21 look p1"], _provider.Asked.Where(what => what.Contains("look", StringComparison.Ordinal)));
    }

    [Fact]
    public void Run_LooksAtTheEndAllTheSame_WhenTheProviderAsksForLongerAtARing()
    {
        _provider.Looks.AddRange([FakeProvider.Going, _ => throw FakeProvider.Passing(retryAfterSeconds: 60), FakeProvider.Done]);
        RingAt(TimeSpan.FromSeconds(2));

        Run(Context(), new ProviderOptions { MaxTime = TimeSpan.FromSeconds(10) });

        Assert.Equal(["1 look p1", "2 look p1", "10 look p1"], _provider.Asked.Where(what => what.Contains("look", StringComparison.Ordinal)));
    }

    [Fact]
    public void Run_IsNotMadeToStorm_ByAWebhookThatRingsAgainAndAgain()
    {
        _provider.Looks.Add(FakeProvider.Going);
        _provider.Looked = () =>
        {
            if (_provider.Asked.Count > 12) _provider.Looks.Add(FakeProvider.Done);
            _signals.Ring("p1");
        };

        Run(Context());

        var seconds = _provider.Asked.Where(what => what.Contains("look", StringComparison.Ordinal)).Select(what => what.Split(' ')[0]).ToList();
        Assert.Equal(seconds.Distinct().Count(), seconds.Count);
    }

    /// <summary>A wall clock that was set forward while the ring was on its way: there is no time left to be quiet.</summary>
    [Fact]
    public void Run_LooksAtOnce_WhenTheNextLookIsOverdueAtARing()
    {
        _provider.Looks.AddRange([FakeProvider.Going, FakeProvider.Done]);
        _ = _time.CreateTimer(_ =>
        {
            _pump.ExpectWork();
            Assert.True(_signals.Ring("p1"));
            _time.SetWallClock(ManualTimeProvider.Epoch + TimeSpan.FromMinutes(14));
        }, null, TimeSpan.FromMinutes(9), Timeout.InfiniteTimeSpan);

        Run(Context(checkpoint: Saved("p1")), new ProviderOptions { PollInitial = TimeSpan.FromHours(1), PollMax = TimeSpan.FromHours(1), MaxTime = TimeSpan.FromMinutes(10) });

        Assert.Equal(["0 look p1", "840 look p1", "840 fetch p1"], _provider.Asked);
    }

    [Fact]
    public void Ring_SaysThatNobodyWaits_ForAnIdThatIsNotKnown()
    {
        Assert.False(_signals.Ring("p1"));
        _provider.Looks.Add(FakeProvider.Done);
        Run(Context());
        Assert.False(_signals.Ring("p1"));
    }

    [Theory]
    [InlineData("""{"input":{},"output":""}""", "with.output")]
    [InlineData("""{"input":[],"output":"a"}""", "with.input: expected an object")]
    [InlineData("""{"input":{},"output":"a","cost":-1}""", "with.cost")]
    [InlineData("""{"input":{},"output":"a","reuse":{"job":"x","path":"y"}}""", "with.reuse.job: is no job id")]
    [InlineData("""{"input":{},"output":"a","files":{"image":[]}}""", "with.files.image")]
    public void Run_SaysWhatIsWrong_WithItsInput(string with, string expected)
    {
        if (expected == "with.output") with = """{"input":{}}""";
        Assert.Contains(expected, Fails(Context(with)).Message, StringComparison.Ordinal);
        Assert.Empty(_provider.Asked);
    }

    private void RingAt(TimeSpan after)
    {
        _ = _time.CreateTimer(_ =>
        {
            _pump.ExpectWork();
            Assert.True(_signals.Ring("p1"));
        }, null, after, Timeout.InfiniteTimeSpan);
    }

    private static string KeyOf(string with) => $"{Step}/{ProviderInput.Read(JsonElement.Parse(with)).Order.Fingerprint}";

    private static JsonElement Saved(string id, DateTimeOffset? at = null) => new ProviderCheckpoint(id, 1, at ?? ManualTimeProvider.Epoch, 1.2m).ToJson();

    private TestStepContext Context(string with = With, JsonElement? checkpoint = null, CancellationToken cancellation = default, int recovery = 0) =>
        new(with, new NoFolder()) { Time = _time, Checkpoint = checkpoint, Cancellation = cancellation, Recovery = recovery };

    private StepResult.Completed Run(TestStepContext context, ProviderOptions? options = null)
    {
        var handler = new ProviderStepHandler("provider.test", _provider, options ?? new ProviderOptions(), _signals);
        return Assert.IsType<StepResult.Completed>(_pump.Run(() => handler.Run(context)));
    }

    private JsonElement Output(TestStepContext context) => Run(context).Output!.Value;

    private Failure Fails(TestStepContext context) => Assert.Throws<StepFailedException>(() => Run(context)).Failure;

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();
}
