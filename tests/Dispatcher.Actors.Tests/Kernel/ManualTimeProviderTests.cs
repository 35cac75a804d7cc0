namespace Dispatcher.Actors.Tests.Kernel;

public sealed class ManualTimeProviderTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<(string Name, double Seconds)> _fired = [];

    [Fact]
    public void Advance_FiresTimersInTheirOrder_EachAtItsOwnInstant()
    {
        Arm("late", 3);
        Arm("early", 1);
        Arm("early too", 1);
        Arm("never", 10);

        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal([("early", 1), ("early too", 1), ("late", 3)], _fired);
        Assert.Equal(1, _time.ArmedTimers);
        Assert.Equal(ManualTimeProvider.Epoch.AddSeconds(5), _time.GetUtcNow());
    }

    [Fact]
    public void Advance_RepeatsATimer_WhenItHasAPeriod()
    {
        using var timer = Arm("tick", 1, 2);

        _time.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal([("tick", 1), ("tick", 3), ("tick", 5)], _fired);
    }

    [Fact]
    public void Timer_FiresOnlyAtItsNewInstant_WhenChanged()
    {
        var timer = Arm("moved", 1);
        timer.Change(TimeSpan.FromSeconds(4), Timeout.InfiniteTimeSpan);

        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Empty(_fired);
        Assert.True(_time.AdvanceToNextTimer());
        Assert.Equal([("moved", 4)], _fired);
        Assert.False(_time.AdvanceToNextTimer());
    }

    [Fact]
    public void Timer_NeverFires_WhenDisposed()
    {
        Arm("gone", 1).Dispose();

        Assert.Equal(0, _time.ArmedTimers);
        Assert.False(_time.AdvanceToNextTimer());
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(_fired);
    }

    [Fact]
    public void Advance_FiresATimerThatACallbackArmed_WhenItFallsDueOnTheWay()
    {
        _time.CreateTimer(_ => Arm("second", 1), state: null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);

        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal([("second", 2)], _fired);
    }

    private ITimer Arm(string name, double seconds, double? period = null) => _time.CreateTimer(
        _ => _fired.Add((name, _time.Elapsed.TotalSeconds)),
        state: null,
        TimeSpan.FromSeconds(seconds),
        period is { } every ? TimeSpan.FromSeconds(every) : Timeout.InfiniteTimeSpan);
}
