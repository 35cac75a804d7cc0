using Dispatcher.Sharding;
using Dispatcher.Store;

namespace Dispatcher.Coordination;

/// <summary>
/// Lets the other nodes know that somebody follows events on this one, so that they say when they have written. The first follower is told of at once; that there is none
/// any more, some time later, since followers come and go.
/// </summary>
internal sealed class FollowerNotice(Func<bool> follows, IClusterStore cluster, ClusterLine line, TimeProvider time)
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(30);

    private long _followedAt = long.MinValue;
    private bool _isKnown;

    /// <summary>True while somebody follows and a while longer; for the node's next sign of life.</summary>
    public bool IsFollowed
    {
        get
        {
            if (follows()) Note();
            return Volatile.Read(ref _followedAt) is var at && at != long.MinValue && time.GetElapsedTime(at) < KeptFor;
        }
    }

    /// <summary>The first follower comes.</summary>
    public void Begin()
    {
        Note();
        if (!Volatile.Read(ref _isKnown)) line.BeatSoon();
    }

    /// <summary>A view of the cluster shows what the database knows. When it knows for the first time that somebody follows here, the others are to look at once.</summary>
    public void Look(ClusterView view)
    {
        var isKnown = view.Find(cluster.Incarnation) is { } self && JournalHints.Follows(self);
        if (isKnown && !_isKnown) cluster.Hint(new ClusterHint(ClusterHintKind.Map));
        Volatile.Write(ref _isKnown, isKnown);
    }

    private void Note() => Volatile.Write(ref _followedAt, time.GetTimestamp());
}
