namespace Dispatcher.Web.Tests.Support;

/// <summary>A clock that stands still until the test sets it or lets time pass. Its timers run by the real one.</summary>
internal sealed class SettableTime : TimeProvider
{
    private long _passed;

    /// <summary>The wall clock; setting it lets no time pass.</summary>
    public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Now;

    public override long GetTimestamp() => _passed;

    public void Pass(TimeSpan duration)
    {
        Now += duration;
        _passed += duration.Ticks;
    }
}
