using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Store;

namespace Dispatcher.Feed;

/// <summary>
/// Committed events to subscribers outside the engine: live, and resumable from any place of the journal without gap or repeat. The journal is the truth; the ring in
/// memory only spares reading it. See docs/live-feed.md. For states to code in this process there is <see cref="JobFeed"/>.
/// </summary>
/// <remarks>
/// It listens to the store only while somebody has subscribed, and keeps nothing otherwise. Publishing copies references on the thread that tells of the
/// journal; waking is the pump's work, and rendering the readers'.
/// </remarks>
public sealed class EventFeed : IDisposable
{
    private readonly Lock _publishing = new();
    private readonly Lazy<ActorCell> _pump;
    private readonly FeedPump.WakeUp _wakeUp = new();
    private Ear? _ear;
    private int _users;
    private bool _isClosed;
    private long _given;
    private long _reloads;

    /// <summary>Begins to listen when the first subscriber comes.</summary>
    public EventFeed(IJobStore store, ActorSystem system, EventFeedOptions options)
    {
        (Store, Options) = (store, options);
        Ring = new FeedRing(options.RingLimitEvents, options.RingLimitBytes);
        Board = new ProgressBoard(options.ProgressLimitJobs);
        _pump = new Lazy<ActorCell>(() => system.Spawn(() => new FeedPump(Ring, Topics, Board)));
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

    /// <summary>Called when the first subscriber comes, before it hears anything; must be quick.</summary>
    internal Action Begins { get; set; } = static () => { };

    internal FeedTopics Topics { get; } = new();

    internal ProgressBoard Board { get; }

    internal FeedRing Ring { get; }

    internal bool IsClosed => Volatile.Read(ref _isClosed);

    /// <summary>Begins to follow a scope.</summary>
    /// <param name="after">
    /// The position after which to begin. If absent: a job from its first event, others from now on. One that lies in the future (the data were restored from
    /// an older backup) begins with a reload.
    /// </param>
    /// <exception cref="FeedFullException">There are as many subscriptions, or the tenant has as many, as the options allow.</exception>
    public async ValueTask<FeedSubscription> Subscribe(FeedScope scope, long? after = null, FeedTypes? types = null)
    {
        Enter();
        try
        {
            await Begin();
            var subscription = await Make(scope, after, types ?? FeedTypes.All);
            Topics.Add(subscription, Options);
            return subscription;
        }
        catch
        {
            Leave();
            throw;
        }
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
            if (Ring.Base == FeedRing.NoBase) return;
            Ring.Add(new FeedEvent(job, address, Ring.LastOrdering, sequenceNr: 0, FeedTypes.Deleted, at, ReadOnlyMemory<byte>.Empty) { Index = Ring.Head });
        }

        WakePump();
    }

    /// <summary>Ends every subscription: its reader is told that the feed is closed.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _isClosed, true);
        lock (_publishing) StopListening();
        foreach (var subscription in Topics.All) subscription.Wake();
        if (_pump.IsValueCreated) _pump.Value.Stop();
    }

    internal void CountGiven(FeedBatch batch)
    {
        Interlocked.Add(ref _given, batch.Events.Count + batch.Progress.Count);
        if (batch.IsReload) Interlocked.Increment(ref _reloads);
    }

    internal void Remove(FeedSubscription subscription)
    {
        Topics.Remove(subscription);
        Leave();
    }

    /// <summary>What the store tells of the journal, while somebody listens; for tests.</summary>
    internal void Committed(IReadOnlyList<CommittedAppend> appends) => Committed(_ear, appends);

    private void Enter()
    {
        lock (_publishing)
        {
            _users++;
            if (_ear is not null || _isClosed) return;
            _ear = new Ear(this);
        }

        Begins();
    }

    private void Leave()
    {
        lock (_publishing)
        {
            if (--_users == 0) StopListening();
        }
    }

    private void StopListening()
    {
        _ear?.Dispose();
        _ear = null;
        Ring.Pause();
    }

    private async ValueTask Begin()
    {
        if (Ring.Base != FeedRing.NoBase) return;
        // Asked while the feed listens: whatever comes after it is told.
        var last = await Store.LastOrdering();
        lock (_publishing)
        {
            if (_ear is not null) Ring.BeginAfter(last);
        }
    }

    private async ValueTask<FeedSubscription> Make(FeedScope scope, long? after, FeedTypes types)
    {
        if (scope is FeedScope.OfJob job)
        {
            var known = after > 0 ? await LastKnown(job.Job, after.Value) : 0;
            return new JobSubscription(this, job, types, Math.Min(after ?? 0, known), startsWithReload: after > known);
        }

        // What was told lags a little behind the journal, and another node may have told more already.
        var told = Ring.LastOrdering;
        var end = after <= told ? told : Math.Max(told, await Store.LastOrdering());
        return new JournalSubscription(this, scope, types, Math.Min(after ?? end, end), startsWithReload: after > end);
    }

    /// <summary>The position itself if the job has come so far, or else its newest event.</summary>
    private async ValueTask<long> LastKnown(JobId job, long after)
    {
        var found = await Store.ReadEvents(job, after - 1, limit: 1);
        if (found.Count > 0) return after;
        var history = await Store.ReadHistory(job);
        return history is null ? 0 : history.SnapshotSequenceNr + history.Events.Count;
    }

    private void Committed(Ear? ear, IReadOnlyList<CommittedAppend> appends)
    {
        lock (_publishing)
        {
            // Told late: it had stopped to listen, and what it hears next may begin later.
            if (ear is null || ear != _ear) return;
            foreach (var append in appends) Publish(append);
        }

        WakePump();
    }

    private void MayHaveCommitted()
    {
        _wakeUp.Doubt();
        WakePump();
    }

    private void Publish(CommittedAppend append)
    {
        Ring.BeginAfter(append.AfterOrdering);
        for (var i = 0; i < append.Events.Count; i++)
        {
            var ordering = append.FirstOrdering + i;
            // Told late: the ring began with the journal's end, which was behind this event already.
            if (ordering <= Ring.LastOrdering) continue;
            var (type, at, payload) = append.Events[i];
            var added = new FeedEvent(append.JobId, append.Address, ordering, append.FirstSequenceNr + i, type, at, payload)
            {
                Index = Ring.Head,
                GapUpTo = i == 0 && append.AfterOrdering > Ring.LastOrdering ? append.AfterOrdering : 0,
            };
            Ring.Add(added);
            if (added.EndsProgress) Board.Forget(append.JobId);
        }
    }

    private void WakePump()
    {
        // A subscriber counts itself and then looks into the ring; this is the other half: the ring was written, then subscribers are counted.
        Interlocked.MemoryBarrier();
        if (Topics.Count > 0 && _wakeUp.TrySend()) _pump.Value.Tell(_wakeUp);
    }

    /// <summary>One time of listening, from the first subscriber to the last.</summary>
    private sealed class Ear : IJournalListener, IDisposable
    {
        private readonly EventFeed _feed;
        private readonly IDisposable _listening;

        public Ear(EventFeed feed)
        {
            _feed = feed;
            _listening = feed.Store.Listen(this);
        }

        public void Committed(IReadOnlyList<CommittedAppend> appends) => _feed.Committed(this, appends);

        public void MayHaveCommitted() => _feed.MayHaveCommitted();

        public void Dispose() => _listening.Dispose();
    }
}

/// <summary>There are as many subscriptions as this node allows, to all or to one tenant.</summary>
public sealed class FeedFullException(int limit, bool isOfTenant)
    : Exception($"{(isOfTenant ? "The tenant has" : "This node serves")} {limit} live subscriptions, as many as it may. Close some, or try again later.")
{
    public int Limit => limit;

    /// <summary>True: others may still subscribe.</summary>
    public bool IsOfTenant => isOfTenant;
}
