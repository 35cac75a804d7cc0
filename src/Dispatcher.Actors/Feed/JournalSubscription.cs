namespace Dispatcher.Feed;

/// <summary>The stream of a tenant or a workflow: by places in the journal.</summary>
internal sealed class JournalSubscription(EventFeed feed, FeedScope scope, FeedTypes types, long position, bool startsWithReload)
    : FeedSubscription(feed, scope, types, position, startsWithReload)
{
    private bool _mustReadJournal;

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

        return Feed.Ring.LastOrdering - Position > Feed.Options.CatchUpLimitEvents ? Reload() : await ReadPage();
    }

    private protected override Pass Judge(FeedEvent next)
    {
        if (next.IsStored)
        {
            if (next.Ordering <= Position) return Pass.Skip;
            if (next.FollowsGap && next.Ordering > Position + 1) return Pass.Leave;
            Position = next.Ordering;
        }

        return Scope.Covers(next.JobId, next.Address) ? Pass.Give : Pass.Skip;
    }

    private protected override void MoveTo(long ordering) => Position = Math.Max(Position, ordering);

    private protected override void LeftRing() => _mustReadJournal = true;

    private FeedBatch Reload()
    {
        OwesReload = false;
        MoveTo(Feed.Ring.LastOrdering);
        return FeedBatch.Reload;
    }

    private async ValueTask<FeedBatch?> ReadPage()
    {
        // Read before the page: what has left the ring until now is in the journal, or was deleted.
        var completeUpTo = Feed.Ring.Base;
        var page = await Feed.Store.ReadJournal(Position, Scope.Tenant, Feed.Options.PageLimitEvents);
        // With gaps or without: a page that comes less far than its limit has seen the journal's end.
        if (page.Next < Position + Feed.Options.PageLimitEvents) _mustReadJournal = false;
        Position = page.Next > Position ? page.Next : Math.Max(Position, completeUpTo);
        var events = new List<FeedEvent>(page.Entries.Count);
        foreach (var entry in page.Entries)
        {
            if (!Scope.Covers(entry.JobId, entry.Address)) continue;
            events.Add(new FeedEvent(entry.JobId, entry.Address, entry.Ordering, entry.SequenceNr, entry.Type, entry.At, entry.Payload));
        }

        return Batch(events);
    }
}
