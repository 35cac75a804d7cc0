using Dispatcher.Store.GroupCommit;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Store.Postgres;

/// <summary>
/// Tells those who listen of what all nodes commit, in the order of the journal, by reading it from where it stopped. It reads only while somebody listens, and only when
/// it is called: by this node's own commits, by hints of other nodes, by a view of the cluster whose journal has grown; or, without such a view, every few seconds.
/// </summary>
/// <remarks>
/// Invariants: 1. what is told lies below <see cref="PostgresOrdering.Horizon"/>, so nothing can come to lie before it: the next reading goes on after it and nothing is
/// left out or told twice; 2. whoever asks for the journal's last place after it began to listen is told of everything after that place; 3. one page is in memory,
/// however fast others write. See docs/decisions/0019-journal-tail.md.
/// </remarks>
internal sealed partial class PostgresJournalTail(
    PostgresDatabase database, GroupCommitWriter writer, long orderingOffset, Func<ValueTask<long>> readLast, TimeProvider time, ILogger logger)
    : IJournalListener, IAsyncDisposable
{
    private const int PageLimitEvents = 1000;
    private const long PageLimitBytes = 4L << 20;
    private const long Nowhere = -1;

    /// <summary>Between two looks: under load one look serves many commits.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    /// <summary>Between two tries to read what is there and cannot be read yet.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>After so long without a word of the cluster it looks unasked.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly JournalListeners _listeners = new(logger);
    private readonly SemaphoreSlim _calls = new(0);
    private readonly CancellationTokenSource _ending = new();
    private TaskCompletionSource<StoreException?> _beginning = NewBeginning();
    private IDisposable? _ownCommits;
    private Task? _following;
    private int _listenerCount;
    private long _position = Nowhere;
    private int _isCalled;
    private bool _isAssured;
    private bool _hasFailed;

    /// <summary>How often the database was asked; for tests.</summary>
    public int Looks { get; private set; }

    /// <summary>Tells the listener from now on, until the result is disposed.</summary>
    public IDisposable Add(IJournalListener listener)
    {
        lock (_gate)
        {
            var added = _listeners.Add(listener);
            if (_listenerCount++ == 0) _ownCommits = writer.Listen(this);
            if (_following is null) Begin();
            Call();
            return new Listening(this, added);
        }
    }

    /// <summary>Completes when it is known from which place on those who listen now are told; at once if nobody does.</summary>
    /// <exception cref="StoreException">It could not be read.</exception>
    public async ValueTask WhenBegun()
    {
        Task<StoreException?> beginning;
        lock (_gate)
        {
            if (_listenerCount == 0 || _position != Nowhere) return;
            beginning = _beginning.Task;
        }

        if (await beginning is { } failure) throw new StoreException(failure.Message, failure);
    }

    /// <summary>Another node may have committed.</summary>
    /// <param name="head">The newest place of the journal, if it is known.</param>
    public void JournalMoved(long? head)
    {
        if (_listeners.IsEmpty) return;
        if (head <= Volatile.Read(ref _position)) Volatile.Write(ref _isAssured, true);
        else Call();
    }

    /// <summary>On the thread of the group commit: what it has written is read like everybody's.</summary>
    void IJournalListener.Committed(IReadOnlyList<CommittedAppend> appends) => Call();

    void IJournalListener.MayHaveCommitted() => Call();

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        Task? following;
        lock (_gate)
        {
            _ownCommits?.Dispose();
            following = _following;
        }

        if (following is not null) await following;
        _ending.Dispose();
    }

    private void Remove(IDisposable added)
    {
        lock (_gate)
        {
            added.Dispose();
            if (--_listenerCount > 0) return;
            _ownCommits?.Dispose();
            Call();
        }
    }

    private void Call()
    {
        if (Interlocked.Exchange(ref _isCalled, 1) == 0) _calls.Release();
    }

    /// <summary>The loop serves everybody, so it keeps nothing of the request that happened to come first.</summary>
    private void Begin()
    {
        using (ExecutionContext.SuppressFlow()) _following = Follow();
    }

    private async Task Follow()
    {
        var pause = TimeSpan.Zero;
        try
        {
            while (true)
            {
                if (pause == TimeSpan.Zero) await WhenCalled();
                pause = await Look(pause);
                await Task.Delay(pause > Pace ? pause : Pace, time, _ending.Token);
            }
        }
        catch (OperationCanceledException)
        {
            _beginning.TrySetResult(new StoreException("The store is closed."));
        }
    }

    private async Task WhenCalled()
    {
        do
        {
            Volatile.Write(ref _isAssured, false);
            if (!await _calls.WaitAsync(_listeners.IsEmpty ? Timeout.InfiniteTimeSpan : Patience, _ending.Token)) continue;
            Interlocked.Exchange(ref _isCalled, 0);
            return;
        }
        while (Volatile.Read(ref _isAssured));
    }

    /// <summary>Tells everything that can be told.</summary>
    /// <returns>Zero if that was all; otherwise how long to wait before the next try: twice as long as before, if nothing has come of this one.</returns>
    private async ValueTask<TimeSpan> Look(TimeSpan lastPause)
    {
        var longer = TimeSpan.FromTicks(Math.Clamp(2 * lastPause.Ticks, Pace.Ticks, LongestPause.Ticks));
        try
        {
            while (IsHeard())
            {
                if (_position == Nowhere) await FindBeginning();
                Looks++;
                var page = await PostgresTailPage.Read(database, orderingOffset, _position, PageLimitEvents, PageLimitBytes);
                Volatile.Write(ref _position, page.Next);
                _hasFailed = false;
                _listeners.Tell(page.Appends);
                if (!page.IsFull) return !page.IsHeldBack ? TimeSpan.Zero : page.Events > 0 ? Pace : longer;
            }

            return TimeSpan.Zero;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            if (!_hasFailed) LogFailed(failure);
            _hasFailed = true;
            return longer;
        }
    }

    /// <summary>False when nobody listens; whoever comes later is told from a new beginning on.</summary>
    private bool IsHeard()
    {
        lock (_gate)
        {
            if (_listenerCount > 0) return !_ending.IsCancellationRequested;
            if (_position == Nowhere) return false;
            _position = Nowhere;
            _beginning = NewBeginning();
            return false;
        }
    }

    private async ValueTask FindBeginning()
    {
        Looks++;
        try
        {
            Volatile.Write(ref _position, await readLast());
            HasBegun(failure: null);
        }
        catch (StoreException failure)
        {
            HasBegun(failure);
            throw;
        }
    }

    private void HasBegun(StoreException? failure)
    {
        lock (_gate)
        {
            _beginning.TrySetResult(failure);
            if (failure is not null) _beginning = NewBeginning();
        }
    }

    private static TaskCompletionSource<StoreException?> NewBeginning() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(EventId = 2112, Level = LogLevel.Warning, Message = "The journal cannot be followed, so live feeds of this node stand still; it is tried again")]
    private partial void LogFailed(Exception failure);

    private sealed class Listening(PostgresJournalTail tail, IDisposable added) : IDisposable
    {
        private bool _isDisposed;

        public void Dispose()
        {
            if (!Interlocked.Exchange(ref _isDisposed, true)) tail.Remove(added);
        }
    }
}
