namespace Dispatcher.Kernel;

/// <summary>How often a failing actor is restarted.</summary>
/// <param name="MaxRestarts">Restarts within the window; one more failure stops the actor.</param>
/// <param name="Window">The window's length.</param>
/// <param name="FirstDelay">The wait before the first restart; doubles with each one in the window, up to <paramref name="MaxDelay"/>.</param>
public sealed record Supervision(int MaxRestarts, TimeSpan Window, TimeSpan FirstDelay, TimeSpan MaxDelay)
{
    /// <summary>Five restarts a minute, after 50 ms at first.</summary>
    public static Supervision Default { get; } = new(5, TimeSpan.FromMinutes(1), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));

    /// <summary>An actor whose parent wants to hear of its failure instead.</summary>
    public static Supervision Stop { get; } = new(0, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
}

/// <summary>The restarts of one actor; made at its first failure only.</summary>
internal sealed class RestartHistory
{
    private readonly Queue<DateTimeOffset> _restarts = new();

    /// <summary>The delay before the restart, or null when the budget is spent.</summary>
    public TimeSpan? TryRestart(Supervision supervision, DateTimeOffset now)
    {
        while (_restarts.TryPeek(out var oldest) && now - oldest > supervision.Window) _restarts.Dequeue();
        if (_restarts.Count >= supervision.MaxRestarts) return null;
        var delay = supervision.FirstDelay * Math.Pow(2, _restarts.Count);
        _restarts.Enqueue(now);
        return delay < supervision.MaxDelay ? delay : supervision.MaxDelay;
    }
}

/// <summary>An actor threw.</summary>
/// <param name="RestartAfter">The wait before its restart; null when it was stopped for good.</param>
public sealed record ActorFailure(ActorCell Cell, Exception Exception, TimeSpan? RestartAfter);
