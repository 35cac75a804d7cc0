namespace Dispatcher.Kernel;

/// <summary>
/// Messages to come: one heap and one system timer for all actors of a node. A cancelled entry stays in the heap until its time or until half the
/// heap is cancelled, so cancelling is cheap and memory stays bounded by twice the live timers.
/// </summary>
public sealed class TimerQueue : IDisposable
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<Entry, (long Due, long Order)> _heap = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _armedFor = long.MaxValue;
    private long _order;
    private int _cancelled;

    public TimerQueue(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static state => ((TimerQueue)state!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Timers that still have to fire.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _heap.Count - _cancelled;
        }
    }

    /// <summary>Tells the cell the message at the time, or soon if it has passed.</summary>
    public Entry Schedule(DateTimeOffset at, ActorCell cell, object message)
    {
        var entry = new Entry(this, cell, message);
        lock (_lock)
        {
            _heap.Enqueue(entry, (at.UtcTicks, _order++));
            Arm();
        }

        return entry;
    }

    public void Dispose() => _timer.Dispose();

    private void Fire()
    {
        List<Entry>? due = null;
        lock (_lock)
        {
            _armedFor = long.MaxValue;
            var now = _time.GetUtcNow().UtcTicks;
            while (_heap.TryPeek(out var entry, out var key) && (entry.IsDone || key.Due <= now))
            {
                _heap.Dequeue();
                if (entry.IsDone)
                {
                    _cancelled--;
                    continue;
                }

                entry.IsDone = true;
                (due ??= []).Add(entry);
            }

            Arm();
        }

        if (due is null) return;
        foreach (var entry in due) entry.Cell.Tell(entry.Message);
    }

    /// <summary>Arms the system timer for the earliest entry, rounded up to a millisecond: a system timer may fire early, never late by design.</summary>
    private void Arm()
    {
        if (!_heap.TryPeek(out _, out var key) || key.Due >= _armedFor) return;
        _armedFor = key.Due;
        var wait = TimeSpan.FromTicks(Math.Max(0, key.Due - _time.GetUtcNow().UtcTicks));
        _timer.Change(TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(wait.TotalMilliseconds), int.MaxValue)), Timeout.InfiniteTimeSpan);
    }

    private void Cancel(Entry entry)
    {
        lock (_lock)
        {
            if (entry.IsDone) return;
            entry.IsDone = true;
            _cancelled++;
            if (_cancelled < 1024 || _cancelled * 2 < _heap.Count) return;
            var live = _heap.UnorderedItems.Where(item => !item.Element.IsDone).ToArray();
            _heap.Clear();
            _heap.EnqueueRange(live);
            _cancelled = 0;
        }
    }

    /// <summary>A message on its way; dispose it to call it back.</summary>
    public sealed class Entry : IDisposable
    {
        private readonly TimerQueue _queue;

        internal Entry(TimerQueue queue, ActorCell cell, object message) => (_queue, Cell, Message) = (queue, cell, message);

        internal ActorCell Cell { get; }

        internal object Message { get; }

        internal bool IsDone { get; set; }

        public void Dispose() => _queue.Cancel(this);
    }
}
