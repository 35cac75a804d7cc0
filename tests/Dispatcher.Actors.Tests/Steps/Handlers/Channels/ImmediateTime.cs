using System.Collections.Concurrent;

namespace Dispatcher.Actors.Tests.Steps.Handlers.Channels;

/// <summary>The real clock, whose timers are due at once: remembers for how long somebody meant to wait.</summary>
internal sealed class ImmediateTime : TimeProvider
{
    /// <summary>Limits of time are longer than that, and are not what the tests are about.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    public ConcurrentQueue<TimeSpan> Waits { get; } = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime < TimeSpan.Zero || dueTime > LongestWait) return base.CreateTimer(callback, state, dueTime, period);
        Waits.Enqueue(dueTime);
        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
