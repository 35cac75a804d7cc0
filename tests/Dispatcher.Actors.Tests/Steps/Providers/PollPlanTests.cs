using Dispatcher.Steps.Providers;

namespace Dispatcher.Actors.Tests.Steps.Providers;

public sealed class PollPlanTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Next_DoublesFromOneSecondToSixty_AndEndsAfterThirtyLooks()
    {
        var seconds = Delays(new ProviderOptions());
        Assert.Equal([1, 2, 4, 8, 16, 32, .. Enumerable.Repeat(60.0, 24)], seconds);
    }

    [Fact]
    public void Next_EndsWithTheTime_WhenThatComesFirst()
    {
        var seconds = Delays(new ProviderOptions { MaxTime = TimeSpan.FromSeconds(10) });
        Assert.Equal([1, 2, 4, 3], seconds);
    }

    [Fact]
    public void Next_WaitsAsLongAsTheProviderAsks()
    {
        var plan = new PollPlan(new ProviderOptions(), T0);
        Assert.Equal(TimeSpan.FromSeconds(90), plan.Next(T0, TimeSpan.FromSeconds(90)));
        Assert.Equal(TimeSpan.FromSeconds(2), plan.Next(T0));
    }

    [Fact]
    public void Next_IsOver_WhenTheOrderIsOlderThanItsTime() => Assert.Null(new PollPlan(new ProviderOptions(), T0).Next(T0 + TimeSpan.FromMinutes(30)));

    private static List<double> Delays(ProviderOptions options)
    {
        var (plan, now, seconds) = (new PollPlan(options, T0), T0, new List<double>());
        while (plan.Next(now) is { } delay)
        {
            seconds.Add(delay.TotalSeconds);
            now += delay;
        }

        return seconds;
    }
}
