namespace Dispatcher.Feed;

/// <summary>The stream of a tenant or a workflow: by places in the journal.</summary>
internal sealed class JournalSubscription(EventFeed feed, FeedScope scope, FeedTypes types, long position, bool startsWithReload)
    : FeedSubscription(feed, scope, types, position, startsWithReload)
{
    private bool _mustReadJournal;
    private int _eventsUntilNextLook;

    private protected override async ValueTask<FeedBatch?> CatchUp()
    {
        if (OwesReload) return Reload();
        // Before the ring is searched: what is marked from now on lies behind what the search finds.
        _mustReadJournal |= TakeMark();
        if (!_mustReadJournal && Feed.Ring.TryFindAfter(Position, out var index))
        {
            Join(index);
            return null;
        }

        return await IsTooFarBehind() ? Reload() : await ReadPage();
    }

    private protected override Pass Judge(FeedEvent next)
    {
        if (next.IsStored)
        {
            if (next.Ordering <= Position) return Pass.Skip;
            if (next.GapUpTo > Position) return Pass.Leave;
            Position = next.Ordering;
        }

        return Scope.Covers(next.JobId, next.Address) ? Pass.Give : Pass.Skip;
    }

    private protected override void MoveTo(long ordering) => Position = Math.Max(Position, ordering);

    private protected override void LeftRing() => (_mustReadJournal, _eventsUntilNextLook) = (true, 0);

    /// <summary>Between two places there are at most as many events as numbers. Where that is too many they are counted, once for as many as may be missed.</summary>
    private async ValueTask<bool> IsTooFarBehind()
    {
        var limit = Feed.Options.CatchUpLimitEvents;
        if (_eventsUntilNextLook > 0 || Feed.Ring.LastOrdering - Position <= limit) return false;
        if (await Feed.Store.HasMoreThan(Position, limit)) return true;
        _eventsUntilNextLook = limit;
        return false;
    }

    private FeedBatch Reload()
    {
        (OwesReload, _eventsUntilNextLook) = (false, 0);
        MoveTo(Feed.Ring.LastOrdering);
        return FeedBatch.Reload;
    }

    private async ValueTask<FeedBatch?> ReadPage()
    {
        // Read before the page: what was told until now is in the journal, or was deleted.
        var toldUpTo = Feed.Ring.LastOrdering;
        var page = await Feed.Store.ReadJournal(Position, Scope.Tenant, Feed.Options.PageLimitEvents);
        _eventsUntilNextLook -= Feed.Options.PageLimitEvents;
        if (page.IsLast) _mustReadJournal = false;
        Position = page.IsLast ? Math.Max(page.Next, toldUpTo) : page.Next;
        var events = new List<FeedEvent>(page.Entries.Count);
        foreach (var entry in page.Entries)
        {
            if (!Scope.Covers(entry.JobId, entry.Address)) continue;
            events.Add(new FeedEvent(entry.JobId, entry.Address, entry.Ordering, entry.SequenceNr, entry.Type, entry.At, entry.Payload));
        }

        return Batch(events);
    }
}
