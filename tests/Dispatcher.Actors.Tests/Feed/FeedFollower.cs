using Dispatcher.Feed;

namespace Dispatcher.Actors.Tests.Feed;

/// <summary>A subscriber that checks, event by event, that it gets what the journal says: nothing twice, nothing left out, nothing of others.</summary>
internal sealed class FeedFollower(FeedWorld world, FeedScope scope, long? after, int pausesAfterBatch)
{
    private readonly List<string> _faults = [];
    private FeedSubscription? _subscription;
    private bool _left;

    /// <summary>From where it would resume after a broken connection: the last event it has seen.</summary>
    public long? Position { get; private set; } = after;

    public FeedScope Scope => scope;

    public IReadOnlyList<string> Faults => _faults;

    public List<FeedEvent> Events { get; } = [];

    public List<FeedProgress> Progress { get; } = [];

    public int Reloads { get; private set; }

    public int EmptyBatches { get; private set; }

    public bool WasClosed { get; private set; }

    public async Task Run(FeedTypes? types)
    {
        try
        {
            _subscription = await world.Feed.Subscribe(scope, Position, types);
            Position ??= _subscription.Position;
            while (!_left && !WasClosed)
            {
                Take(await _subscription.Read(CancellationToken.None));
                for (var i = 0; i < pausesAfterBatch; i++) await Task.Yield();
            }
        }
        catch (Exception failure)
        {
            _faults.Add(failure.ToString());
        }
    }

    public void Poke() => _subscription?.Poke();

    /// <summary>The connection breaks.</summary>
    public void Leave()
    {
        _left = true;
        _subscription?.Dispose();
    }

    /// <summary>When all has come to rest: nothing of the journal is missing at the end.</summary>
    public void CheckEnd()
    {
        if (_left) return;
        var missing = world.Journal(scope).Where(entry => PlaceOf(entry.Ordering, entry.SequenceNr) > Position).ToList();
        if (missing.Count > 0) _faults.Add($"{scope} at {Position} misses {missing.Count} events, the first at {missing[0]}.");
        if (_subscription is { } open && open.LagEvents != 0) _faults.Add($"{scope} is at its end and has a lag of {open.LagEvents}.");
    }

    private void Take(FeedBatch batch)
    {
        if (_left) return;
        WasClosed = batch.IsClosed;
        if (batch is { IsClosed: false, IsReload: false, Events.Count: 0, Progress.Count: 0 }) EmptyBatches++;
        if (batch.IsReload) TakeReload();
        foreach (var given in batch.Events) Take(given);
        Progress.AddRange(batch.Progress);
    }

    private void TakeReload()
    {
        Reloads++;
        var position = _subscription!.Position;
        var isInTheFuture = position < Position;
        if (scope is FeedScope.OfJob && !isInTheFuture) _faults.Add($"{scope} was told to reload.");
        if (!isInTheFuture && world.EventsAfter(Position) <= world.Feed.Options.CatchUpLimitEvents)
            _faults.Add($"{scope} at {Position} was told to reload at {position}, which is near.");
        Position = position;
    }

    private void Take(FeedEvent given)
    {
        Events.Add(given);
        if (!given.IsStored) return;
        var place = PlaceOf(given.Ordering, given.SequenceNr);
        var expected = world.Journal(scope).FirstOrDefault(entry => PlaceOf(entry.Ordering, entry.SequenceNr) > Position);
        if ((given.Ordering, given.JobId, given.SequenceNr) != expected)
            _faults.Add($"{scope} at {Position} was given {(given.Ordering, given.JobId, given.SequenceNr)} and should have been given {expected}.");
        if (place > _subscription!.Position) _faults.Add($"{scope} was given {place} and says it is at {_subscription.Position}.");
        Position = place;
    }

    private long PlaceOf(long ordering, long sequenceNr) => scope is FeedScope.OfJob ? sequenceNr : ordering;
}
