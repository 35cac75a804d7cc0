using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Store;

namespace Dispatcher.Feed;

/// <summary>
/// Committed events to subscribers outside the engine: live, and resumable from any place of the journal without gap or repeat. The journal is the truth; the ring in
/// memory only spares reading it. See docs/live-feed.md. For states to code in this process there is <see cref="JobFeed"/>.
/// </summary>
/// <remarks>
/// Nothing is kept before the first subscriber has come. Publishing copies references on the journal's writer thread; waking is the pump's work, and
/// rendering the readers'.
/// </remarks>
public sealed class EventFeed : IJournalListener, IDisposable
{
    private readonly IDisposable _listening;
    private readonly Lock _publishing = new();
    private readonly Lazy<ActorCell> _pump;
    private readonly FeedPump.WakeUp _wakeUp = new();
    private FeedRing? _ring;
    private bool _isClosed;
    private long _given;
    private long _reloads;

    /// <summary>Listens to the store from now on.</summary>
    public EventFeed(IJobStore store, ActorSystem system, EventFeedOptions options)
    {
        (Store, Options) = (store, options);
        Board = new ProgressBoard(options.ProgressLimitJobs);
        _pump = new Lazy<ActorCell>(() => system.Spawn(() => new FeedPump(Ring, Topics, Board)));
        _listening = store.Listen(this);
    }

    /// <summary>Subscriptions that are open now.</summary>
    public int Subscriptions => Topics.Count;

    /// <summary>Events and progress given to subscribers since the start, each counted for each of them.</summary>
    public long EventsGiven => Interlocked.Read(ref _given);

    /// <summary>How often a subscriber had missed so much that it was told to reload, since the start.</summary>
    public long Reloads => Interlocked.Read(ref _reloads);

    /// <summary>Events in memory that the slowest subscriber has still to look at. Asks every subscriber.</summary>
    public long LagEvents => Topics.All.Select(subscription => subscription.LagEvents).DefaultIfEmpty().Max();

    internal IJobStore Store { get; }

    internal EventFeedOptions Options { get; }

    internal FeedTopics Topics { get; } = new();

    internal ProgressBoard Board { get; }

    internal FeedRing Ring => _ring ?? throw new InvalidOperationException("Nobody has subscribed yet.");

    internal bool IsClosed => Volatile.Read(ref _isClosed);

    /// <summary>Begins to follow a scope.</summary>
    /// <param name="after">
    /// The position after which to begin. If absent: a job from its first event, others from now on. One that lies in the future (the data were restored from
    /// an older backup) begins with a reload.
    /// </param>
    /// <exception cref="FeedFullException">There are as many subscriptions as the options allow.</exception>
    public async ValueTask<FeedSubscription> Subscribe(FeedScope scope, long? after = null, FeedTypes? types = null)
    {
        await Open();
        var wanted = types ?? FeedTypes.All;
        FeedSubscription subscription;
        if (scope is FeedScope.OfJob job)
        {
            var end = after > 0 ? await LastKnown(job.Job, after.Value) : 0;
            subscription = new JobSubscription(this, job, wanted, Math.Min(after ?? 0, end), startsWithReload: after > end);
        }
        else
        {
            var end = after > Ring.LastOrdering ? await Store.LastOrdering() : Ring.LastOrdering;
            subscription = new JournalSubscription(this, scope, wanted, Math.Min(after ?? end, end), startsWithReload: after > end);
        }

        if (!Topics.TryAdd(subscription, Options.SubscriptionLimit)) throw new FeedFullException(Options.SubscriptionLimit);
        return subscription;
    }

    /// <summary>On the journal's writer thread.</summary>
    public void Committed(IReadOnlyList<CommittedAppend> appends)
    {
        if (Volatile.Read(ref _ring) is not { } ring) return;
        lock (_publishing)
        {
            foreach (var append in appends) Publish(ring, append);
        }

        WakePump();
    }

    /// <summary>On the journal's writer thread: a batch failed that may be in the journal all the same.</summary>
    public void MayHaveCommitted()
    {
        _wakeUp.Doubt();
        WakePump();
    }

    /// <summary>Tells that a running step is this far. Not kept, and not told to those who come later.</summary>
    public void Progressed(FeedProgress progress)
    {
        if (Topics.Count == 0) return;
        Board.Tell(progress);
        WakePump();
    }

    /// <summary>Tells that a job was deleted with all that belonged to it. Told once, to those who listen now.</summary>
    public void Deleted(JobId job, JobAddress address, DateTimeOffset at)
    {
        if (Topics.Count == 0) return;
        lock (_publishing)
        {
            Ring.Add(new FeedEvent(job, address, Ring.LastOrdering, sequenceNr: 0, FeedTypes.Deleted, at, ReadOnlyMemory<byte>.Empty) { Index = Ring.Head });
        }

        WakePump();
    }

    /// <summary>Ends every subscription: its reader is told that the feed is closed.</summary>
    public void Dispose()
    {
        _listening.Dispose();
        Volatile.Write(ref _isClosed, true);
        foreach (var subscription in Topics.All) subscription.Wake();
        if (_pump.IsValueCreated) _pump.Value.Stop();
    }

    internal void CountGiven(FeedBatch batch)
    {
        Interlocked.Add(ref _given, batch.Events.Count + batch.Progress.Count);
        if (batch.IsReload) Interlocked.Increment(ref _reloads);
    }

    private async ValueTask Open()
    {
        if (Volatile.Read(ref _ring) is { Base: not FeedRing.NoBase }) return;
        lock (_publishing) Volatile.Write(ref _ring, _ring ?? new FeedRing(Options.RingLimitEvents, Options.RingLimitBytes));
        // Asked after the ring was there: whatever is committed later is told to it.
        var last = await Store.LastOrdering();
        lock (_publishing) Ring.BeginAfter(last);
    }

    /// <summary>The position itself if the job has come so far, or else its newest event.</summary>
    private async ValueTask<long> LastKnown(JobId job, long after)
    {
        var found = await Store.ReadEvents(job, after - 1, limit: 1);
        if (found.Count > 0) return after;
        var history = await Store.ReadHistory(job);
        return history is null ? 0 : history.SnapshotSequenceNr + history.Events.Count;
    }

    private void Publish(FeedRing ring, CommittedAppend append)
    {
        ring.BeginAfter(append.FirstOrdering - 1);
        for (var i = 0; i < append.Events.Count; i++)
        {
            var ordering = append.FirstOrdering + i;
            // Told late: the ring began with the journal's end, which was behind this event already.
            if (ordering <= ring.LastOrdering) continue;
            var (type, at, payload) = append.Events[i];
            var added = new FeedEvent(append.JobId, append.Address, ordering, append.FirstSequenceNr + i, type, at, payload)
            {
                Index = ring.Head,
                FollowsGap = ordering > ring.LastOrdering + 1,
            };
            ring.Add(added);
            if (added.EndsProgress) Board.Forget(append.JobId);
        }
    }

    private void WakePump()
    {
        // A subscriber counts itself and then looks into the ring; this is the other half: the ring was written, then subscribers are counted.
        Interlocked.MemoryBarrier();
        if (Topics.Count > 0 && _wakeUp.TrySend()) _pump.Value.Tell(_wakeUp);
    }
}

/// <summary>There are as many subscriptions as this node allows.</summary>
public sealed class FeedFullException(int limit) : Exception($"This node serves {limit} live subscriptions, as many as it may. Close some, or try again later.");
