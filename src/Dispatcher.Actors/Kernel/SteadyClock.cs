namespace Dispatcher.Kernel;

/// <summary>
/// The clock of a node: the wall clock, but it never goes back. What is due in five seconds is due in five seconds, though somebody set the machine's clock back an
/// hour meanwhile; and the times of a job's events never fall.
/// </summary>
/// <remarks>
/// It follows the wall clock forward at once. When the wall clock is behind, it goes on at nine tenths of the speed of time until the wall clock has caught
/// up, so that an hour is worked off in ten; a difference that is smaller than <see cref="Tolerance"/> it waits out. Timers and durations are those of the clock below.
/// Dates that people give mean the wall clock: <see cref="Read"/> tells how far this one is ahead of it.
/// </remarks>
public sealed class SteadyClock(TimeProvider wall) : TimeProvider
{
    /// <summary>Clocks are corrected by as much all the time.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(100);

    /// <summary>A stored time that is further ahead than this is taken for the mistake of an earlier clock and not believed: it would mislead all later processes.</summary>
    public static readonly TimeSpan BelievedLead = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private long _lastTicks = long.MinValue;
    private long _lastTimestamp;

    public override long TimestampFrequency => wall.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => wall.LocalTimeZone;

    public override long GetTimestamp() => wall.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => wall.CreateTimer(callback, state, dueTime, period);

    public override DateTimeOffset GetUtcNow() => Read(out _);

    /// <summary>The time now.</summary>
    /// <param name="ahead">How far it is ahead of the wall clock; never negative.</param>
    public DateTimeOffset Read(out TimeSpan ahead)
    {
        lock (_lock)
        {
            var wallTicks = Follow();
            ahead = new TimeSpan(_lastTicks - wallTicks);
            return new DateTimeOffset(_lastTicks, TimeSpan.Zero);
        }
    }

    /// <summary>
    /// What an earlier process recorded is not later than now: the clock goes on from there, if the wall clock was set back meanwhile by at most <see cref="BelievedLead"/>.
    /// </summary>
    public void GoOnFrom(DateTimeOffset recorded)
    {
        lock (_lock)
        {
            var wallTicks = Follow();
            if (recorded.UtcTicks - wallTicks <= BelievedLead.Ticks) _lastTicks = Math.Max(_lastTicks, recorded.UtcTicks);
        }
    }

    /// <summary>Moves on to now; the wall clock's time.</summary>
    private long Follow()
    {
        var wallTicks = wall.GetUtcNow().UtcTicks;
        var timestamp = wall.GetTimestamp();
        _lastTicks = wallTicks < _lastTicks ? _lastTicks + Advance(wallTicks, wall.GetElapsedTime(_lastTimestamp, timestamp).Ticks) : wallTicks;
        _lastTimestamp = timestamp;
        return wallTicks;
    }

    private long Advance(long wallTicks, long elapsed) => _lastTicks - wallTicks < Tolerance.Ticks ? 0 : Math.Max(0, elapsed) / 10 * 9;
}
