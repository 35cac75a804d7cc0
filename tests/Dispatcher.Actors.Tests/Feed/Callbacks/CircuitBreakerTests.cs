using Dispatcher.Feed.Callbacks;

namespace Dispatcher.Actors.Tests.Feed.Callbacks;

public sealed class CircuitBreakerTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Breaker_Opens_AfterFiveFailuresInARow()
    {
        var four = Failed(CircuitBreaker.Closed, 4);
        Assert.Equal((BreakerState.Closed, 8), (four.State, four.Allows(Noon, 8)));
        Assert.Equal(CircuitBreaker.Closed, four.Succeeded());

        var five = four.Failed(Noon);
        Assert.Equal((BreakerState.Open, Noon.AddSeconds(30)), (five.State, five.OpenUntil));
        Assert.True(five.Refuses(Noon.AddSeconds(30).AddTicks(-1)));
        Assert.Equal(0, five.Allows(Noon, 8));
    }

    [Fact]
    public void Breaker_LetsOneThrough_WhenItsTimeIsOver()
    {
        var open = Failed(CircuitBreaker.Closed, 5);
        var later = Noon.AddSeconds(30);
        Assert.Equal(1, open.Allows(later, 8));
        var probing = open.Begun();
        Assert.Equal((BreakerState.HalfOpen, 1), (probing.State, probing.Allows(later, 8)));
        Assert.Equal(CircuitBreaker.Closed, probing.Succeeded());
    }

    [Fact]
    public void Breaker_WaitsLonger_WithEachProbeThatFails()
    {
        var (breaker, now) = (Failed(CircuitBreaker.Closed, 5), Noon);
        var waits = new List<double>();
        for (var i = 0; i < 7; i++)
        {
            waits.Add((breaker.OpenUntil!.Value - now).TotalSeconds);
            now = breaker.OpenUntil.Value;
            breaker = breaker.Begun().Failed(now);
        }

        Assert.Equal([30, 60, 120, 240, 480, 600, 600], waits);
        Assert.Equal(CircuitBreaker.Closed, breaker.Begun().Succeeded());
    }

    [Fact]
    public void Breaker_IsNotMoved_ByAttemptsFromBeforeItOpened()
    {
        var open = Failed(CircuitBreaker.Closed, 5);
        Assert.Equal((BreakerState.Open, open.OpenUntil, open.Wait), (open.Failed(Noon.AddSeconds(9)).State, open.Failed(Noon.AddSeconds(9)).OpenUntil, open.Wait));
        Assert.Equal(CircuitBreaker.Closed, open.Succeeded());
    }

    private static CircuitBreaker Failed(CircuitBreaker breaker, int times)
    {
        for (var i = 0; i < times; i++) breaker = breaker.Begun().Failed(Noon);
        return breaker;
    }
}
