using Dispatcher.Actors.Tests.Simulation;
using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Feed;

/// <summary>
/// A simulated store whose reads take their time before and after they look, and whose listener hears of a commit some time after readers see it; what happens
/// meanwhile, the scheduler of the simulation chooses.
/// </summary>
internal sealed class SlowStore(SimulatedJobStore inner, SimulatedScheduler scheduler) : EdgeCountingStore(inner, static _ => false)
{
    /// <summary>Pages of a journal that were read.</summary>
    public int Reads { get; private set; }

    public override async ValueTask<IReadOnlyList<StoredEvent>> ReadEvents(JobId id, long afterSequenceNr, int limit)
    {
        Reads++;
        await Task.Yield();
        var read = await base.ReadEvents(id, afterSequenceNr, limit);
        await Task.Yield();
        return read;
    }

    public override async ValueTask<JournalPage> ReadJournal(long afterOrdering, string? tenant, int limit)
    {
        Reads++;
        await Task.Yield();
        var read = await base.ReadJournal(afterOrdering, tenant, limit);
        await Task.Yield();
        return read;
    }

    public override async ValueTask<bool> HasMoreThan(long afterOrdering, int events)
    {
        await Task.Yield();
        var read = await base.HasMoreThan(afterOrdering, events);
        await Task.Yield();
        return read;
    }

    public override async ValueTask<long> LastOrdering()
    {
        await Task.Yield();
        var read = await base.LastOrdering();
        await Task.Yield();
        return read;
    }

    public override IDisposable Listen(IJournalListener listener) => base.Listen(new LateListener(listener, scheduler));

    private sealed class LateListener(IJournalListener inner, SimulatedScheduler scheduler) : IJournalListener, IThreadPoolWorkItem
    {
        private readonly Queue<Action> _untold = new();

        public void Committed(IReadOnlyList<CommittedAppend> appends) => Later(() => inner.Committed(appends));

        public void MayHaveCommitted() => Later(inner.MayHaveCommitted);

        void IThreadPoolWorkItem.Execute() => _untold.Dequeue()();

        private void Later(Action tell)
        {
            _untold.Enqueue(tell);
            scheduler.Schedule(this);
        }
    }
}
