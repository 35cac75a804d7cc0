namespace Dispatcher.Actors.Tests.Kernel;

/// <summary>
/// A clock that moves only when told, for single-threaded tests. Timers fire inside <see cref="Advance"/> on the caller's thread, in the
/// order of their instants and, at one instant, in the order in which they were armed. Both clocks have ticks of 100 ns.
/// </summary>
internal sealed class ManualTimeProvider : TimeProvider
{
    public static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Arming, (long Instant, long Order)> _armings = new();
    private long _now;
    private long _order;
    private TimeSpan _jumped;

    public ManualTimeProvider(DateTimeOffset? start = null) => Start = start ?? Epoch;

    /// <summary>The time at which the clock was made.</summary>
    public DateTimeOffset Start { get; }

    /// <summary>Time passed since then.</summary>
    public TimeSpan Elapsed => new(_now);

    /// <summary>Timers that will still fire.</summary>
    public int ArmedTimers { get; private set; }

    /// <summary>When the next one will; null if none is armed.</summary>
    public DateTimeOffset? NextTimer => NextArming() is { } next ? Start + _jumped + new TimeSpan(next.Instant) : null;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => Start + Elapsed + _jumped;

    public override long GetTimestamp() => _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Sets the wall clock, forward or back; no time passes, so no timer fires.</summary>
    public void SetWallClock(DateTimeOffset now) => _jumped = now - Start - Elapsed;

    /// <summary>Moves the clock and fires what falls due on the way, each timer at its own instant.</summary>
    public void Advance(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        var end = _now + duration.Ticks;
        while (NextArming() is { } next && next.Instant <= end)
        {
            _armings.Dequeue();
            _now = Math.Max(_now, next.Instant);
            next.Timer.Fire();
        }

        // A callback may itself have advanced the clock beyond the end.
        _now = Math.Max(_now, end);
    }

    /// <summary>Moves the clock to the next armed timer and fires all that is due then; false if none is armed.</summary>
    public bool AdvanceToNextTimer()
    {
        if (NextArming() is not { } next) return false;
        Advance(new TimeSpan(Math.Max(0, next.Instant - _now)));
        return true;
    }

    private Arming? NextArming()
    {
        while (_armings.TryPeek(out var arming, out _))
        {
            if (ReferenceEquals(arming.Timer.Current, arming)) return arming;
            _armings.Dequeue();
        }

        return null;
    }

    private sealed record Arming(ManualTimer Timer, long Instant);

    private sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;
        private bool _disposed;

        public Arming? Current { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_disposed) return false;
            _period = period;
            Arm(dueTime);
            return true;
        }

        public void Fire()
        {
            Arm(_period > TimeSpan.Zero ? _period : Timeout.InfiniteTimeSpan);
            callback(state);
        }

        public void Dispose()
        {
            Arm(Timeout.InfiniteTimeSpan);
            _disposed = true;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Arm(TimeSpan dueTime)
        {
            if (Current is not null) clock.ArmedTimers--;
            Current = null;
            if (dueTime == Timeout.InfiniteTimeSpan) return;
            Current = new Arming(this, clock._now + dueTime.Ticks);
            clock.ArmedTimers++;
            clock._armings.Enqueue(Current, (Current.Instant, clock._order++));
        }
    }
}
