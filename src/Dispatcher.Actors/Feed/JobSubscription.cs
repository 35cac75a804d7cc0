namespace Dispatcher.Feed;

/// <summary>The stream of one job: by its sequence numbers, which have no gap, so a missing event is seen by its number. It is never told to reload for being slow.</summary>
internal sealed class JobSubscription(EventFeed feed, FeedScope.OfJob scope, FeedTypes types, long position, bool startsWithReload)
    : FeedSubscription(feed, scope, types, position, startsWithReload)
{
    private protected override async ValueTask<FeedBatch?> CatchUp()
    {
        if (OwesReload)
        {
            OwesReload = false;
            return FeedBatch.Reload;
        }

        TakeMark();
        // Read before the page: what is told from now on lies behind it, and what was told before is in the journal.
        var head = Feed.Ring.Head;
        var page = await Feed.Store.ReadEvents(scope.Job, Position, Feed.Options.PageLimitEvents);
        var events = new List<FeedEvent>(page.Count);
        foreach (var read in page)
        {
            events.Add(new FeedEvent(scope.Job, scope.Address, read.Ordering, read.SequenceNr, read.Type, read.At, read.Payload));
            MovePast(events[^1]);
        }

        if (page.Count < Feed.Options.PageLimitEvents) Join(head);
        return Batch(events);
    }

    private protected override Pass Judge(FeedEvent next)
    {
        if (next.JobId != scope.Job) return Pass.Skip;
        if (!next.IsStored) return Pass.Give;
        if (next.SequenceNr <= Position) return Pass.Skip;
        if (next.SequenceNr > Position + 1) return Pass.Leave;
        MovePast(next);
        return Pass.Give;
    }

    private protected override void MoveTo(long ordering)
    {
        // Places in the journal say nothing about a job's numbers.
    }

    private protected override void LeftRing()
    {
        // Catching up always begins with the journal.
    }

    private void MovePast(FeedEvent given)
    {
        Position = given.SequenceNr;
        End = given.EndsJob ? given : null;
        if (given.EndsJob) Poke();
    }
}
