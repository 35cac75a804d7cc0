namespace Dispatcher.Feed;

/// <summary>Wakes one reader. Set any number of times before the reader waits, it wakes the reader once.</summary>
internal sealed class FeedSignal
{
    private TaskCompletionSource? _waiter;
    private int _isSet;

    public void Set()
    {
        // If it was set already, then whoever did so wakes the reader, or the reader sees it before it waits.
        if (Interlocked.Exchange(ref _isSet, 1) == 0) Interlocked.Exchange(ref _waiter, value: null)?.TrySetResult();
    }

    /// <summary>Until it is set; it is not set any more then.</summary>
    public async ValueTask Wait(CancellationToken cancellation)
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _waiter, waiter);
        if (Interlocked.CompareExchange(ref _isSet, 0, 1) == 1) return;
        await waiter.Task.WaitAsync(cancellation);
        Interlocked.Exchange(ref _isSet, 0);
    }
}
