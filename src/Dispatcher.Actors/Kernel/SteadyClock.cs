namespace Dispatcher.Kernel;

/// <summary>
/// The clock of a node: the wall clock, but it never goes back. What is due in five seconds is due in five seconds, though somebody set the machine's clock back an
/// hour meanwhile; and the times of a job's events never fall.
/// </summary>
/// <remarks>
/// It follows the wall clock forward at once. When the wall clock is behind, it goes on at nine tenths of the speed of time until the wall clock has caught
/// up, so that an hour is worked off in ten; a difference that is smaller than <see cref="Tolerance"/> it waits out. What waits for a time by this clock waits a tenth longer at the most. Durations are those of the clock below.
/// </remarks>
public sealed class SteadyClock(TimeProvider wall) : TimeProvider
{
    /// <summary>Clocks are corrected by as much all the time.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private long _lastTicks = long.MinValue;
    private long _lastTimestamp;

    public override long TimestampFrequency => wall.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => wall.LocalTimeZone;

    public override long GetTimestamp() => wall.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => wall.CreateTimer(callback, state, dueTime, period);

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            var now = wall.GetUtcNow().UtcTicks;
            var timestamp = wall.GetTimestamp();
            if (now < _lastTicks) now = _lastTicks + Advance(now, wall.GetElapsedTime(_lastTimestamp, timestamp).Ticks);
            (_lastTicks, _lastTimestamp) = (now, timestamp);
            return new DateTimeOffset(now, TimeSpan.Zero);
        }
    }

    private long Advance(long wallTicks, long elapsed) => _lastTicks - wallTicks < Tolerance.Ticks ? 0 : Math.Max(0, elapsed) / 10 * 9;
}
