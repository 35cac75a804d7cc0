namespace Dispatcher.Kernel;

/// <summary>
/// Where actors run: the thread pool in production, one seeded queue in a simulation. Engine code awaits without
/// <c>ConfigureAwait(false)</c>, so that every continuation comes back here.
/// </summary>
public abstract class ActorScheduler
{
    /// <summary>Runs the item soon; never on the caller's stack.</summary>
    public abstract void Schedule(IThreadPoolWorkItem item);

    /// <summary>The production scheduler.</summary>
    public static ActorScheduler ThreadPool { get; } = new ThreadPoolScheduler();

    private sealed class ThreadPoolScheduler : ActorScheduler
    {
        public override void Schedule(IThreadPoolWorkItem item) => System.Threading.ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: true);
    }
}
