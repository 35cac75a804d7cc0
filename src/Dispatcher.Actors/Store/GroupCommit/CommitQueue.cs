using Dispatcher.Kernel;

namespace Dispatcher.Store.GroupCommit;

/// <summary>
/// What waits for the next commit, in the order in which it came. Bounded in events: whatever comes at the bound stands in line
/// outside, in order, and its caller waits for its answer a little longer; nothing is dropped.
/// </summary>
/// <remarks>
/// Invariants: 1. a batch is a prefix of what was added; 2. a batch keeps its limits, unless it is one append that is larger by itself;
/// 3. nobody stands in line while there is room; 4. whatever was added before <see cref="Close"/> is handed out.
/// </remarks>
internal sealed class CommitQueue(int batchLimitEvents, int batchLimitBytes, int queueLimitEvents)
{
    private readonly object _gate = new();
    private readonly Queue<PendingAppend> _queue = new();
    private readonly Queue<PendingAppend> _line = new();
    private int _queuedEvents;
    private bool _writerWaits;
    private bool _closed;

    /// <summary>Events that the next batches are taken from; at most the bound, or one larger append.</summary>
    public int QueuedEvents
    {
        get
        {
            lock (_gate) return _queuedEvents;
        }
    }

    /// <summary>Appends that wait for room in the queue.</summary>
    public int AppendsInLine
    {
        get
        {
            lock (_gate) return _line.Count;
        }
    }

    /// <summary>Adds an append; false when the queue is closed.</summary>
    public bool TryAdd(PendingAppend append)
    {
        lock (_gate)
        {
            if (_closed) return false;
            if (_line.Count == 0 && HasRoomFor(append)) Enqueue(append);
            else _line.Enqueue(append);
            if (_writerWaits) Monitor.Pulse(_gate);
            return true;
        }
    }

    /// <summary>Waits until there is something, then fills the batch within its limits; false when the queue is closed and empty.</summary>
    public bool TakeBatch(List<PendingAppend> batch)
    {
        Check.That(batch.Count == 0);
        lock (_gate)
        {
            while (_queue.Count == 0)
            {
                if (_closed) return false;
                _writerWaits = true;
                Monitor.Wait(_gate);
                _writerWaits = false;
            }

            Fill(batch);
            while (_line.TryPeek(out var next) && HasRoomFor(next)) Enqueue(_line.Dequeue());
            return true;
        }
    }

    /// <summary>Refuses what comes from now on.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Fill(List<PendingAppend> batch)
    {
        var events = 0;
        var bytes = 0L;
        while (_queue.TryPeek(out var next))
        {
            if (batch.Count > 0 && (events + next.Events > batchLimitEvents || bytes + next.Bytes > batchLimitBytes)) break;
            events += next.Events;
            bytes += next.Bytes;
            batch.Add(_queue.Dequeue());
        }

        _queuedEvents -= events;
        Check.That(_queuedEvents >= 0);
    }

    private bool HasRoomFor(PendingAppend append) => _queue.Count == 0 || _queuedEvents + append.Events <= queueLimitEvents;

    private void Enqueue(PendingAppend append)
    {
        _queue.Enqueue(append);
        _queuedEvents += append.Events;
    }
}
