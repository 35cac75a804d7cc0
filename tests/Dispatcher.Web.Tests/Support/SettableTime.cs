namespace Dispatcher.Web.Tests.Support;

/// <summary>A clock that stands still until the test sets it. Its timers run by the real one.</summary>
internal sealed class SettableTime : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}
