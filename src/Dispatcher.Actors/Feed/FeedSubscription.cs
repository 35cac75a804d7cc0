namespace Dispatcher.Feed;

/// <summary>
/// One subscriber's place in the feed: a cursor, no queue, so one that is slow costs no memory. It has one reader, which asks for the next batch when it has dealt with
/// the last. Disposed, it tells its reader that it is closed.
/// </summary>
/// <remarks>
/// A subscription is either in the ring (its cursor is an index) or catches up (from the journal, by <see cref="Position"/>, until it meets the ring). In the
/// ring and at its end it does not move by itself: the first event that concerns it marks it, and everything between its cursor and the mark concerns others.
/// </remarks>
public abstract class FeedSubscription : IDisposable
{
    private const long NotInRing = -1;

    private readonly FeedTypes _types;
    private readonly FeedSignal _signal = new();
    private FeedMark? _mark;
    private long _index = NotInRing;
    private long _nextProgress;
    private bool _isAtEnd;
    private int _progressWaits;
    private int _isPoked;
    private int _isDisposed;
    private long _position;

    private protected FeedSubscription(EventFeed feed, FeedScope scope, FeedTypes types, long position, bool startsWithReload)
    {
        (Feed, Scope, _types, _position) = (feed, scope, types, position);
        OwesReload = startsWithReload;
        _nextProgress = feed.Board.Head;
    }

    public FeedScope Scope { get; }

    /// <summary>Everything of the scope up to here was given: to go on from later, written by <see cref="FeedScope.Write"/>.</summary>
    public long Position
    {
        get => Volatile.Read(ref _position);
        private protected set => Volatile.Write(ref _position, value);
    }

    /// <summary>Events in memory that the subscriber has still to look at; all of them while it catches up.</summary>
    internal long LagEvents
    {
        get
        {
            var (index, mark) = (Volatile.Read(ref _index), Volatile.Read(ref _mark));
            if (index == NotInRing) return Feed.Ring.Head - Feed.Ring.Tail;
            if (Volatile.Read(ref _isAtEnd)) return mark is null ? 0 : Feed.Ring.Head - Math.Max(index, mark.Index);
            return Feed.Ring.Head - index;
        }
    }

    /// <summary>
    /// The event with which the followed job has ended, if it is the last so far; then a reading comes back with nothing, so that the reader can look here. Always
    /// null for other scopes.
    /// </summary>
    public FeedEvent? End { get; private protected set; }

    private protected EventFeed Feed { get; }

    private bool IsOpen => !Feed.IsClosed && Volatile.Read(ref _isDisposed) == 0;

    private protected bool OwesReload { get; set; }

    /// <summary>The next batch, when there is one. One call at a time.</summary>
    public async ValueTask<FeedBatch> Read(CancellationToken cancellation)
    {
        while (IsOpen)
        {
            cancellation.ThrowIfCancellationRequested();
            if (await NextEvents() is { } batch) return Count(batch);
            if (NextProgress() is { Count: > 0 } progress) return new FeedBatch { Progress = progress };
            if (Interlocked.Exchange(ref _isPoked, 0) == 1) return FeedBatch.Nothing;
            await _signal.Wait(cancellation);
        }

        return FeedBatch.Closed;
    }

    /// <summary>Makes the reader return soon, with nothing if there is nothing.</summary>
    public void Poke()
    {
        Interlocked.Exchange(ref _isPoked, 1);
        _signal.Set();
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0) Feed.Remove(this);
        _signal.Set();
        GC.SuppressFinalize(this);
    }

    /// <summary>By the pump alone: something may concern the subscriber. The earliest mark stays until it is taken.</summary>
    internal void Mark(FeedMark mark)
    {
        var waiting = Interlocked.CompareExchange(ref _mark, mark, comparand: null);
        while (mark.MustReadJournal && waiting is { MustReadJournal: false })
        {
            var both = waiting with { MustReadJournal = true };
            var now = Interlocked.CompareExchange(ref _mark, both, waiting);
            waiting = now == waiting ? both : now ?? Interlocked.CompareExchange(ref _mark, mark, comparand: null);
        }

        _signal.Set();
    }

    internal void MarkProgress()
    {
        Interlocked.Exchange(ref _progressWaits, 1);
        _signal.Set();
    }

    internal void Wake() => _signal.Set();

    /// <summary>Reads the past; joins the ring when that is near enough. Null: nothing to give, go on.</summary>
    private protected abstract ValueTask<FeedBatch?> CatchUp();

    /// <summary>Decides about the next event in the ring, and moves <see cref="Position"/> past it unless it leaves the ring.</summary>
    private protected abstract Pass Judge(FeedEvent next);

    /// <summary>Nothing up to this place of the journal is left to give.</summary>
    private protected abstract void MoveTo(long ordering);

    /// <summary>True if what waits must be looked up in the journal first.</summary>
    private protected bool TakeMark() => Interlocked.Exchange(ref _mark, value: null) is { MustReadJournal: true };

    private protected void Join(long index)
    {
        Volatile.Write(ref _index, index);
        _isAtEnd = false;
    }

    private protected FeedBatch? Batch(List<FeedEvent> events)
    {
        events.RemoveAll(given => !_types.Allows(given.Type));
        return events.Count == 0 ? null : new FeedBatch { Events = events };
    }

    private async ValueTask<FeedBatch?> NextEvents()
    {
        // The ring of a feed that is closed, or that the last subscriber has left, begins nowhere: whoever catches up would read for ever.
        while (IsOpen)
        {
            var batch = _index == NotInRing ? await CatchUp() : Batch(LookIntoRing());
            if (batch is not null) return batch;
            if (_index != NotInRing && _isAtEnd) return null;
        }

        return null;
    }

    private List<FeedEvent> LookIntoRing()
    {
        var events = new List<FeedEvent>();
        if (!FollowMark()) return events;
        // Read after the mark was taken: all that was marked until then lies before it.
        var head = Feed.Ring.Head;
        while (_index < head && events.Count < Feed.Options.BatchLimitEvents)
        {
            var next = Feed.Ring.Find(_index);
            var pass = next is null ? Pass.Leave : Judge(next);
            if (pass == Pass.Leave)
            {
                LeaveRing();
                return events;
            }

            if (pass == Pass.Give) events.Add(next!);
            Volatile.Write(ref _index, _index + 1);
        }

        _isAtEnd = _index >= head;
        return events;
    }

    /// <summary>Goes to what waits. False if nothing does, or if it is not in the ring.</summary>
    private bool FollowMark()
    {
        // In this order: whatever was marked up to there has been given, if no mark waits now.
        var markedUpTo = Feed.Topics.MarkedUpTo;
        var mark = Interlocked.Exchange(ref _mark, value: null);
        if (_isAtEnd)
        {
            MoveTo(mark?.After ?? markedUpTo);
            if (mark is null) return false;
            Volatile.Write(ref _index, Math.Max(_index, mark.Index));
        }

        if (mark is not { MustReadJournal: true }) return true;
        LeaveRing();
        return false;
    }

    private void LeaveRing()
    {
        Volatile.Write(ref _index, NotInRing);
        _isAtEnd = false;
        LeftRing();
    }

    /// <summary>The ring does not have what comes next.</summary>
    private protected abstract void LeftRing();

    private List<FeedProgress>? NextProgress()
    {
        if (Interlocked.Exchange(ref _progressWaits, 0) == 0 || !_types.Allows(FeedProgress.Type)) return null;
        var board = Feed.Board;
        var found = new List<FeedProgress>();
        var head = board.Head;
        for (_nextProgress = Math.Max(_nextProgress, board.Tail); _nextProgress < head; _nextProgress++)
        {
            if (board.Find(_nextProgress) is { IsSuperseded: false } progress && Scope.Covers(progress.JobId, progress.Address)) found.Add(progress);
        }

        return found;
    }

    private FeedBatch Count(FeedBatch batch)
    {
        Feed.CountGiven(batch);
        return batch;
    }

    /// <summary>What becomes of an event in the ring.</summary>
    private protected enum Pass
    {
        /// <summary>It is the subscriber's.</summary>
        Give,

        /// <summary>It is somebody else's, or was given before.</summary>
        Skip,

        /// <summary>Something before it is not in the ring.</summary>
        Leave,
    }
}
