using Dispatcher.Kernel;
using Dispatcher.Store;

namespace Dispatcher.Sharding;

/// <summary>
/// Between the session's thread and the actors: the newest view of the cluster, what time it is there, how far the node may trust itself, and since when its session has been unbroken.
/// </summary>
public sealed class ClusterLine(IShardHost host, NodeTrust trust, SharedClock clock, TimeProvider time) : IClusterListener
{
    private static readonly object Look = new();

    private ActorCell? _member;
    private IClusterSession? _session;
    private ClusterView? _view;
    private long _viewStartedAt;
    private long _unbrokenSince = long.MaxValue;
    private int _isLookUnderWay;
    private TaskCompletionSource<ClusterView>? _awaited;

    /// <summary>The newest view; null before the first.</summary>
    public ClusterView? View => Volatile.Read(ref _view);

    /// <summary>Completes with the next view.</summary>
    public Task<ClusterView> NextView()
    {
        var made = new TaskCompletionSource<ClusterView>(TaskCreationOptions.RunContinuationsAsynchronously);
        return (Interlocked.CompareExchange(ref _awaited, made, null) ?? made).Task;
    }

    /// <summary>When the view was asked for.</summary>
    internal long ViewStartedAt => Volatile.Read(ref _viewStartedAt);

    /// <summary>How long the session has been unbroken.</summary>
    internal TimeSpan UnbrokenFor => Volatile.Read(ref _unbrokenSince) is var since && since == long.MaxValue ? TimeSpan.Zero : time.GetElapsedTime(since);

    /// <summary>Begins to give signs of life.</summary>
    public void Open(IClusterStore store, TimeSpan interval) => _session = store.BeginSession(this, interval);

    /// <summary>Gives no more; the store says that the node has left, or the others find out.</summary>
    public void Close() => _session?.Dispose();

    /// <summary>Gives no sign of life any more, from now on.</summary>
    internal void FallSilent() => _session?.FallSilent();

    internal void BeatSoon() => _session?.BeatSoon();

    internal void Attach(ActorCell member) => Volatile.Write(ref _member, member);

    internal void LookTaken() => Interlocked.Exchange(ref _isLookUnderWay, 0);

    internal void LookSoon()
    {
        if (Interlocked.Exchange(ref _isLookUnderWay, 1) == 0 && Volatile.Read(ref _member)?.Tell(Look) != true) LookTaken();
    }

    string IClusterListener.Facts() => host.Facts();

    void IClusterListener.Beaten(ClusterView? view, long startedAt)
    {
        if (view is null)
        {
            host.StandDown("it was declared dead");
            return;
        }

        if (_unbrokenSince == long.MaxValue) Volatile.Write(ref _unbrokenSince, startedAt);
        trust.Extend(startedAt);
        clock.Take(ClockReading.Between(time, startedAt, time.GetTimestamp(), StoredTime.FromMicroseconds(view.NowUs)));
        Volatile.Write(ref _viewStartedAt, startedAt);
        Volatile.Write(ref _view, view);
        LookSoon();
        host.Seen(view);
        Interlocked.Exchange(ref _awaited, null)?.SetResult(view);
    }

    void IClusterListener.BeatFailed(Exception failure) => Volatile.Write(ref _unbrokenSince, long.MaxValue);

    void IClusterListener.Hinted(ClusterHint hint) => host.Hinted(hint);
}
