namespace Dispatcher.Kernel;

/// <summary>How often a failing actor is restarted.</summary>
/// <param name="MaxRestarts">Restarts within the window; one more failure stops the actor.</param>
/// <param name="Window">The window's length.</param>
/// <param name="WhenSpent">The wait before each further restart once the budget is spent; null stops the actor instead.</param>
/// <param name="FirstDelay">The wait before the first restart; doubles with each one in the window, up to <paramref name="MaxDelay"/>.</param>
public sealed record Supervision(int MaxRestarts, TimeSpan Window, TimeSpan FirstDelay, TimeSpan MaxDelay, TimeSpan? WhenSpent = null)
{
    /// <summary>Five restarts a minute, after 50 ms at first; then one each half minute, since what an actor looks after is never given up.</summary>
    public static Supervision Default { get; } =
        new(5, TimeSpan.FromMinutes(1), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30));

    /// <summary>No restart: for an actor that ends with its work.</summary>
    public static Supervision Stop { get; } = new(0, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
}

/// <summary>The restarts of one actor; made at its first failure only.</summary>
internal sealed class RestartHistory
{
    private readonly Queue<DateTimeOffset> _restarts = new();

    /// <summary>True when the last failure found the budget spent.</summary>
    public bool IsSpent { get; private set; }

    /// <summary>The delay before the restart, or null when the budget is spent.</summary>
    public TimeSpan? TryRestart(Supervision supervision, DateTimeOffset now)
    {
        while (_restarts.TryPeek(out var oldest) && now - oldest > supervision.Window) _restarts.Dequeue();
        IsSpent = _restarts.Count >= supervision.MaxRestarts;
        if (IsSpent) return supervision.WhenSpent;
        var delay = supervision.FirstDelay * Math.Pow(2, _restarts.Count);
        _restarts.Enqueue(now);
        return delay < supervision.MaxDelay ? delay : supervision.MaxDelay;
    }
}

/// <summary>An actor threw.</summary>
/// <param name="RestartAfter">The wait before its restart; null when it was stopped for good.</param>
/// <param name="BudgetSpent">True when it fails more often than its budget allows.</param>
public sealed record ActorFailure(ActorCell Cell, Exception Exception, TimeSpan? RestartAfter, bool BudgetSpent);
