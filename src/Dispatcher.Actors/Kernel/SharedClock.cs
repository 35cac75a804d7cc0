namespace Dispatcher.Kernel;

/// <summary>
/// A wall clock that several machines have in common: now and then somebody tells what it shows, and between two readings it goes on by this machine's monotonic clock. What
/// this machine's own wall clock shows does not matter.
/// </summary>
public sealed class SharedClock(TimeProvider below, ClockReading first) : TimeProvider
{
    /// <summary>Readings differ by as much: the way to the clock and back is not known better.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(50);

    private ClockReading _reading = first;

    public override long TimestampFrequency => below.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => below.LocalTimeZone;

    public override long GetTimestamp() => below.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => below.CreateTimer(callback, state, dueTime, period);

    public override DateTimeOffset GetUtcNow() => At(below.GetTimestamp());

    /// <summary>Another reading; it counts if it differs by more than the tolerance.</summary>
    public void Take(ClockReading reading)
    {
        if ((reading.Now - At(reading.Timestamp)).Duration() > Tolerance) Volatile.Write(ref _reading, reading);
    }

    private DateTimeOffset At(long timestamp)
    {
        var reading = Volatile.Read(ref _reading);
        return (reading.Now + below.GetElapsedTime(reading.Timestamp, timestamp)).ToUniversalTime();
    }
}

/// <summary>What a clock elsewhere showed.</summary>
/// <param name="Timestamp">This machine's monotonic time then.</param>
public sealed record ClockReading(DateTimeOffset Now, long Timestamp)
{
    /// <summary>A clock that was asked from the one timestamp to the other showed the time half-way between.</summary>
    public static ClockReading Between(TimeProvider time, long askedAt, long answeredAt, DateTimeOffset now) => new(now + (time.GetElapsedTime(askedAt, answeredAt) / 2), answeredAt);
}
