using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Steps.Workers;

/// <summary>What the journal says of a lease that no task in memory has: after a restart, or long after its end.</summary>
internal sealed class LeaseHistory(IJobStore store)
{
    private const int PageEvents = 256;

    /// <summary>Reads from the lease's own event on, up to what ended it.</summary>
    public async ValueTask<LeaseRecord> Read(string tenant, LeaseKey key)
    {
        if (await store.FindJob(key.JobId) is not { } row || !string.Equals(row.Tenant, tenant, StringComparison.Ordinal)) return LeaseRecord.Unknown.Instance;
        var after = key.Token - 1;
        while (true)
        {
            var page = await store.ReadEvents(key.JobId, after, PageEvents);
            foreach (var stored in page)
            {
                var @event = EventCodec.Decode(stored.Type, stored.At, stored.Payload.Span);
                if (stored.SequenceNr == key.Token)
                {
                    if (!Began(key, @event)) return LeaseRecord.Unknown.Instance;
                }
                else if (Ends(key, @event))
                {
                    return new LeaseRecord.Ended(@event, row.Status);
                }
            }

            if (page.Count == 0) return after < key.Token ? LeaseRecord.Unknown.Instance : LeaseRecord.Open.Instance;
            after = page[^1].SequenceNr;
        }
    }

    private static bool Began(LeaseKey key, JobEvent @event) =>
        @event is JobEvent.StepLeased e && new StepKey(e.Step, e.Item) == key.Step && e.Attempt == key.Attempt;

    /// <summary>The end of the attempt or of the job, or a later lease of the same attempt.</summary>
    private static bool Ends(LeaseKey key, JobEvent @event)
    {
        return @event switch
        {
            JobEvent.StepLeased e => Is(e.Step, e.Item, e.Attempt),
            JobEvent.StepCompleted e => Is(e.Step, e.Item, e.Attempt),
            JobEvent.StepRetrying e => Is(e.Step, e.Item, e.Attempt),
            JobEvent.StepFailed e => Is(e.Step, e.Item, e.Attempt),
            JobEvent.StepReleased e => Is(e.Step, e.Item, e.Attempt),
            JobEvent.Completed or JobEvent.Failed or JobEvent.Cancelled or JobEvent.Rejected => true,
            _ => false,
        };

        bool Is(string step, int? item, int attempt) => attempt == key.Attempt && new StepKey(step, item) == key.Step;
    }
}
