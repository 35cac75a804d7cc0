using Dispatcher.Kernel;

namespace Dispatcher.Feed;

/// <summary>
/// Wakes subscribers after commits, away from the journal's writer. One message stands for all that was committed since the last, so that under load
/// everybody is woken once for many events.
/// </summary>
/// <remarks>
/// Invariants: 1. whoever an event concerns is marked at it or at an earlier one before <see cref="FeedTopics.MarkedUpTo"/> passes it; 2. what the pump has not seen
/// itself, since the ring moved on or was not told, sends everybody to the journal.
/// </remarks>
internal sealed class FeedPump(FeedRing ring, FeedTopics topics, ProgressBoard board) : Actor
{
    private readonly HashSet<FeedTopic> _touched = [];
    private long _nextEvent;
    private long _nextProgress;

    protected internal override ValueTask Receive(object message)
    {
        var inDoubt = ((WakeUp)message).Taken();
        MarkEvents();
        if (inDoubt) SendAllToJournal(topics.MarkedUpTo);
        MarkProgress();
        return ValueTask.CompletedTask;
    }

    private void MarkEvents()
    {
        // A subscriber that comes during this round looks at the whole ring itself, so a topic needs one mark a round.
        _touched.Clear();
        var head = ring.Head;
        var last = topics.MarkedUpTo;
        while (_nextEvent < head)
        {
            if (ring.Find(_nextEvent) is not { } next)
            {
                // Read before anybody is sent: one who has been to the journal and back may meet a ring that has moved on again, and must be marked for that.
                var tail = ring.Tail;
                SendAllToJournal(last);
                _nextEvent = Math.Max(_nextEvent + 1, tail);
                continue;
            }

            if (next.GapUpTo > 0) SendAllToJournal(last);
            Mark(next, last);
            last = next.Ordering;
            _nextEvent++;
        }

        topics.MarkedUpTo = last;
    }

    private void Mark(FeedEvent next, long after)
    {
        var (tenant, workflow) = (next.Address.Tenant, next.Address.Workflow);
        Mark(new FeedTopic(tenant, Workflow: null, default), after);
        Mark(new FeedTopic(tenant, workflow, default), after);
        Mark(FeedTopic.Of(next.JobId), after);
    }

    private void Mark(FeedTopic topic, long after)
    {
        if (!_touched.Add(topic)) return;
        foreach (var subscription in topics.Of(topic)) subscription.Mark(new FeedMark(_nextEvent, after));
    }

    private void SendAllToJournal(long after)
    {
        foreach (var subscription in topics.All) subscription.Mark(new FeedMark(_nextEvent, after, MustReadJournal: true));
    }

    private void MarkProgress()
    {
        _touched.Clear();
        var head = board.Head;
        for (_nextProgress = Math.Max(_nextProgress, board.Tail); _nextProgress < head; _nextProgress++)
        {
            if (board.Find(_nextProgress) is not { IsSuperseded: false } progress) continue;
            MarkProgress(new FeedTopic(progress.Address.Tenant, Workflow: null, default));
            MarkProgress(new FeedTopic(progress.Address.Tenant, progress.Address.Workflow, default));
            MarkProgress(FeedTopic.Of(progress.JobId));
        }
    }

    private void MarkProgress(FeedTopic topic)
    {
        if (!_touched.Add(topic)) return;
        foreach (var subscription in topics.Of(topic)) subscription.MarkProgress();
    }

    /// <summary>The pump's one message; under way at most once.</summary>
    internal sealed class WakeUp
    {
        private int _isUnderWay;
        private int _inDoubt;

        /// <summary>The journal may hold what the ring was not told.</summary>
        public void Doubt() => Interlocked.Exchange(ref _inDoubt, 1);

        /// <summary>True for the one who has to send it.</summary>
        public bool TrySend() => Interlocked.Exchange(ref _isUnderWay, 1) == 0;

        /// <summary>True if there was doubt.</summary>
        public bool Taken()
        {
            Interlocked.Exchange(ref _isUnderWay, 0);
            return Interlocked.Exchange(ref _inDoubt, 0) == 1;
        }
    }
}

/// <summary>From where a subscriber has to look.</summary>
/// <param name="Index">The first event in the ring that may concern it.</param>
/// <param name="After">Nothing that concerns it lies between its own position and this place of the journal.</param>
/// <param name="MustReadJournal">The ring does not have all that follows.</param>
internal sealed record FeedMark(long Index, long After, bool MustReadJournal = false);
