using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.Store;

namespace Dispatcher.Coordination;

/// <summary>
/// Tells nodes on which somebody follows events that this node has written: at once when it was quiet, and under load once for many commits. It costs nothing while
/// nobody follows elsewhere. What gets lost is seen with the next view of the cluster.
/// </summary>
internal sealed class JournalHints : IJournalListener, IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    private readonly IJobStore _store;
    private readonly IClusterStore _cluster;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private ImmutableArray<long> _followers = [];
    private IDisposable? _listening;
    private bool _isPausing;
    private bool _owes;

    public JournalHints(IJobStore store, IClusterStore cluster, TimeProvider time)
    {
        (_store, _cluster) = (store, cluster);
        _timer = time.CreateTimer(_ => EndPause(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A new view of the cluster says who follows.</summary>
    public void Look(ClusterView view)
    {
        ImmutableArray<long> followers = [.. view.Nodes.Where(node => node.Incarnation != _cluster.Incarnation && Follows(node)).Select(node => node.Incarnation)];
        lock (_gate)
        {
            if (followers.SequenceEqual(_followers)) return;
            _followers = followers;
            if (followers.IsEmpty) StopListening();
            else _listening ??= _store.ListenToOwn(this);
        }

        // For what was written before this node knew that somebody wants to hear of it.
        Send();
    }

    /// <summary>True when somebody follows events on the node.</summary>
    public static bool Follows(ClusterNode node) =>
        node.Facts.ValueKind == JsonValueKind.Object && node.Facts.Deserialize(NodeFactsJson.Default.NodeFacts) is { Follows: true };

    /// <summary>On the thread of the group commit.</summary>
    void IJournalListener.Committed(IReadOnlyList<CommittedAppend> appends) => Send();

    void IJournalListener.MayHaveCommitted() => Send();

    public void Dispose()
    {
        lock (_gate) StopListening();
        _timer.Dispose();
    }

    private void StopListening()
    {
        _listening?.Dispose();
        _listening = null;
    }

    private void Send()
    {
        lock (_gate)
        {
            _owes = _isPausing;
            if (_isPausing || _listening is null) return;
            _isPausing = true;
        }

        foreach (var follower in _followers) _cluster.Hint(new ClusterHint(ClusterHintKind.Journal, follower));
        _timer.Change(Pace, Timeout.InfiniteTimeSpan);
    }

    private void EndPause()
    {
        bool owes;
        lock (_gate) (owes, _isPausing) = (_owes, false);
        if (owes) Send();
    }
}
