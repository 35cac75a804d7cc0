using System.Text.Json;
using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Providers;

namespace Dispatcher.Actors.Tests.Steps.Providers;

/// <summary>A provider that bills every start, whatever its key: better a failed step than a second bill.</summary>
public sealed class UncertainStartTests
{
    private static readonly ProviderOptions Careful = new() { HonoursIdempotencyKeys = false };

    private readonly ManualTimeProvider _time = new();
    private readonly FakeProvider _provider;

    public UncertainStartTests() => _provider = new FakeProvider(_time);

    [Fact]
    public void Run_SaysThatItOrders_BeforeItDoes()
    {
        _provider.Looks.Add(FakeProvider.Done);
        var context = Context(null);
        context.Saving = checkpoint => { if (checkpoint.GetProperty("is_uncertain").GetBoolean()) Assert.Empty(_provider.Asked); };

        Run(context);

        Assert.Equal([true, false], context.Checkpoints.Select(checkpoint => checkpoint.GetProperty("is_uncertain").GetBoolean()));
    }

    [Fact]
    public void Run_FailsForGood_WhenNobodyKnowsWhetherAnOrderWasMade()
    {
        var context = Context(null);
        _provider.Starting = _ => throw new InvalidOperationException("killed");
        Assert.Throws<InvalidOperationException>(() => Run(context));

        var failure = Assert.Throws<StepFailedException>(() => Run(Context(context.Checkpoints[^1]))).Failure;

        Assert.Equal((ErrorClass.Permanent, ProviderFailure.StartUnknown), (failure.Class, failure.Code));
        Assert.Single(_provider.Asked);
    }

    [Fact]
    public void Run_MayOrderAgain_WhenTheProviderHasSaidNo()
    {
        var context = Context(null);
        _provider.Starting = _ => throw new StepFailedException(ErrorClass.Transient, "too many", ProviderFailure.OfStatus(429));
        Assert.Throws<StepFailedException>(() => Run(context));
        _provider.Starting = null;
        _provider.Looks.Add(FakeProvider.Done);

        Run(Context(context.Checkpoints[^1]));

        Assert.Equal(1, _provider.Paid);
    }

    [Fact]
    public void Run_MayNotOrderAgain_WhenTheProviderHasFailedOverIt()
    {
        var context = Context(null);
        _provider.Starting = _ => throw new StepFailedException(ErrorClass.Transient, "fault", ProviderFailure.OfStatus(500));
        Assert.Throws<StepFailedException>(() => Run(context));
        Assert.Equal(ProviderFailure.StartUnknown, Assert.Throws<StepFailedException>(() => Run(Context(context.Checkpoints[^1]))).Failure.Code);
    }

    private TestStepContext Context(JsonElement? checkpoint) => new("""{"input":{},"output":"a.mp4"}""", new NoFolder()) { Time = _time, Checkpoint = checkpoint };

    private void Run(TestStepContext context) => new Pump(_time).Run(() => new ProviderStepHandler("provider.test", _provider, Careful, new ProviderSignals()).Run(context));
}
