using System.Text.Json;
using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Providers;

namespace Dispatcher.Actors.Tests.Steps.Providers;

/// <summary>A step whose job was recovered has no checkpoint: what it had ordered before is taken if it works, and only what failed is paid again.</summary>
public sealed class RecoveredOrderTests
{
    private const string House = """{"input":{"prompt":"a house"},"output":"clips/scene_1.mp4"}""";
    private const string Garden = """{"input":{"prompt":"a garden"},"output":"clips/scene_1.mp4"}""";

    private readonly ManualTimeProvider _time = new();
    private readonly FakeProvider _provider;
    private readonly Pump _pump;

    public RecoveredOrderTests() => (_provider, _pump) = (new FakeProvider(_time), new Pump(_time));

    [Fact]
    public void AnOrderThatWorked_IsTakenAgain()
    {
        _provider.Looks.Add(FakeProvider.Done);
        Run(Context());
        _provider.Starting = FakeProvider.Done;

        var result = Run(Context(recovery: 1));

        Assert.Equal(("p1", 1), (result.Output!.Value.GetProperty("provider_id").GetString(), _provider.Paid));
    }

    [Fact]
    public void OrdersThatFailed_AreSteppedOver()
    {
        _provider.Looks.Add(FakeProvider.Broken);
        Fails(Context());
        Fails(Context(recovery: 1));
        _provider.Looks.Add(FakeProvider.Done);
        _provider.Starting = id => id == "p3" ? FakeProvider.Going(id) : FakeProvider.Broken(id);

        var result = Run(Context(recovery: 2));

        Assert.Equal(["/1", "/1", "/2", "/1", "/2", "/3"], Starts().Select(start => start[^2..]));
        Assert.Equal(("p3", 3), (result.Output!.Value.GetProperty("provider_id").GetString(), _provider.Paid));
    }

    [Fact]
    public void AnOrderThatGoesOn_IsFollowed_AndSteppedOverIfItFails()
    {
        _provider.Looks.Add(_ => throw new InvalidOperationException("killed"));
        Assert.Throws<InvalidOperationException>(() => Run(Context()));
        _provider.Looks.AddRange([FakeProvider.Going, FakeProvider.Broken, FakeProvider.Done]);

        var result = Run(Context(recovery: 1));

        Assert.Equal(("p2", 2), (result.Output!.Value.GetProperty("provider_id").GetString(), _provider.Paid));
    }

    [Fact]
    public void AnOrderWhoseOutputIsGone_IsMadeAnew()
    {
        _provider.Looks.Add(FakeProvider.Done);
        Run(Context());
        _provider.Starting = id => id == "p1" ? FakeProvider.Done(id) : FakeProvider.Going(id);
        _provider.Fetching = id =>
        {
            if (id == "p1") throw new StepFailedException(ErrorClass.Permanent, "410", ProviderFailure.BadOutput);
        };

        var result = Run(Context(recovery: 1));

        Assert.Equal(("p2", 2), (result.Output!.Value.GetProperty("provider_id").GetString(), _provider.Paid));
    }

    /// <summary>The process died while it asked: what is found may be the order that this life has paid, so it counts, and nothing is paid again.</summary>
    [Fact]
    public void AnOrderOfWhichTheIdWasLost_CountsAsWhatItHasBecome()
    {
        var crashing = Context(recovery: 1);
        crashing.Saving = checkpoint =>
        {
            if (checkpoint.TryGetProperty("provider_id", out _)) throw new InvalidOperationException("crash");
        };
        Assert.Throws<InvalidOperationException>(() => Run(crashing));
        _provider.Starting = FakeProvider.Broken;

        var failure = Fails(Context(recovery: 1, checkpoint: crashing.Checkpoints[0]));

        Assert.Equal((ErrorClass.Permanent, ProviderFailure.Failed, 1), (failure.Class, failure.Code, _provider.Paid));
    }

    [Fact]
    public void SomethingElse_IsOrderedUnderAnotherKey()
    {
        _provider.Looks.Add(FakeProvider.Done);
        Run(Context());

        Run(Context(Garden, recovery: 1));

        Assert.Equal(2, _provider.Paid);
        Assert.Equal(2, Starts().Distinct().Count());
    }

    private IEnumerable<string> Starts() => _provider.Asked.Where(what => what.Contains("start", StringComparison.Ordinal));

    private TestStepContext Context(string with = House, JsonElement? checkpoint = null, int recovery = 0) =>
        new(with, new NoFolder()) { Time = _time, Checkpoint = checkpoint, Recovery = recovery };

    private StepResult.Completed Run(TestStepContext context)
    {
        var handler = new ProviderStepHandler("provider.test", _provider, new ProviderOptions(), new ProviderSignals());
        return Assert.IsType<StepResult.Completed>(_pump.Run(() => handler.Run(context)));
    }

    private Failure Fails(TestStepContext context) => Assert.Throws<StepFailedException>(() => Run(context)).Failure;
}
