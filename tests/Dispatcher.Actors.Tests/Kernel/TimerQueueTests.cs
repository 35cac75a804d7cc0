using Dispatcher.Actors.Tests.Simulation;
using Dispatcher.Kernel;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.Kernel;

/// <summary>Timers for durations and for times, while somebody sets the clock.</summary>
public sealed class TimerQueueTests : IDisposable
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly ManualTimeProvider _time = new();
    private readonly SimulatedScheduler _scheduler = new(new Random(1));
    private readonly ActorSystem _system;
    private readonly ActorCell _cell;
    private readonly List<TimeSpan> _firedAt = [];

    public TimerQueueTests()
    {
        _system = new ActorSystem(_scheduler, _time, NullLogger.Instance);
        _cell = _system.Spawn(() => new Listener(() => _firedAt.Add(_time.Elapsed)));
    }

    public void Dispose() => _system.Dispose();

    [Theory]
    [InlineData(-1.0)]
    [InlineData(1.0)]
    public void Duration_IsTheSame_WhenTheClockJumps(double hours)
    {
        _system.Timers.Schedule(TimeSpan.FromMinutes(10), _cell, "");

        Jump(TimeSpan.FromHours(hours));
        RunToTheEnd();

        Assert.Equal([TimeSpan.FromMinutes(10)], _firedAt);
    }

    [Fact]
    public void Time_ComesAfterItsDistance_WhenTheClockGoesBack()
    {
        _system.Timers.Schedule(_time.GetUtcNow().AddMinutes(10), _cell, "");

        Jump(-Hour);
        RunToTheEnd();

        Assert.Equal([TimeSpan.FromMinutes(10)], _firedAt);
    }

    [Fact]
    public void Time_ThatTheClockJumpedOver_IsNoticedSoon()
    {
        _system.Timers.Schedule(_time.GetUtcNow().AddHours(10), _cell, "");
        Advance(TimeSpan.FromMinutes(5));

        Jump(10 * Hour);
        Advance(TimerQueue.LookEvery);

        Assert.Single(_firedAt);
    }

    [Fact]
    public void Time_ComesNearerByTheJump_AndKeepsItsPlaceAmongTheOthers()
    {
        var at = _time.GetUtcNow();
        _system.Timers.Schedule(TimeSpan.FromMinutes(30), _cell, "");
        _system.Timers.Schedule(at.AddHours(2), _cell, "");
        _system.Timers.Schedule(at.AddHours(3), _cell, "").Dispose();

        Jump(Hour);
        RunToTheEnd();

        Assert.Equal([TimeSpan.FromMinutes(30), Hour], _firedAt);
        Assert.Equal(0, _system.Timers.Count);
    }

    [Fact]
    public void Durations_MayBeLongerThanAnyClock()
    {
        Advance(Hour);
        _system.Timers.Schedule(TimeSpan.MaxValue, _cell, "");
        _system.Timers.Schedule(TimeSpan.FromMinutes(-1), _cell, "");
        Advance(TimeSpan.Zero);

        Assert.Single(_firedAt);
        Assert.Equal(1, _system.Timers.Count);
    }

    private void Jump(TimeSpan by) => _time.SetWallClock(_time.GetUtcNow() + by);

    private void Advance(TimeSpan duration)
    {
        _time.Advance(duration);
        Settle();
    }

    private void RunToTheEnd()
    {
        do Settle();
        while (_system.Timers.Count > 0 && _time.AdvanceToNextTimer());
        Settle();
    }

    private void Settle()
    {
        while (_scheduler.HasWork) _scheduler.RunOne();
    }

    private sealed class Listener(Action heard) : Actor
    {
        protected internal override ValueTask Receive(object message)
        {
            heard();
            return ValueTask.CompletedTask;
        }
    }
}
