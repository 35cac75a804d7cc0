namespace Dispatcher.Kernel;

/// <summary>
/// Messages to come: one heap and one system timer for all actors of a node. A cancelled entry stays in the heap until its time or until half the
/// heap is cancelled, so cancelling is cheap and memory stays bounded by twice the live timers.
/// </summary>
/// <remarks>
/// Both kinds of timers run on the monotonic clock, so a clock that is set back delays nothing. A timer for a duration knows no other clock. One for a time becomes a
/// distance when it is scheduled; when the clock has jumped forward since, which is looked for every <see cref="LookEvery"/> while there are such timers, it comes nearer by as much.
/// </remarks>
public sealed class TimerQueue : IDisposable
{
    /// <summary>How late a jump of the clock is noticed at the most.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(30);

    /// <summary>What a clock may gain against the other before timers are set anew.</summary>
    private static readonly TimeSpan Drift = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly PriorityQueue<Entry, (long Due, long Order)> _heap = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly long _start;
    private long _armedFor = long.MaxValue;
    private long _order;
    private long _lead;
    private int _forTimes;
    private int _cancelled;

    public TimerQueue(TimeProvider time)
    {
        _time = time;
        _start = time.GetTimestamp();
        _lead = Lead;
        _timer = time.CreateTimer(static state => ((TimerQueue)state!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Time that has passed, in ticks.</summary>
    private long Elapsed => _time.GetElapsedTime(_start).Ticks;

    /// <summary>What the clock shows beyond the time that has passed: grows when the clock jumps forward.</summary>
    private long Lead => _time.GetUtcNow().UtcTicks - Elapsed;

    /// <summary>Timers that still have to fire.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _heap.Count - _cancelled;
        }
    }

    /// <summary>Tells the cell the message at the time, or soon if it has passed. It may come a little early: whoever needs to know looks at the clock.</summary>
    public Entry Schedule(DateTimeOffset at, ActorCell cell, object message) =>
        Add(new Entry(this, cell, message) { At = at.UtcTicks }, Elapsed + (at - _time.GetUtcNow()).Ticks);

    /// <summary>Tells the cell the message after the duration, whatever the clock shows then.</summary>
    public Entry Schedule(TimeSpan after, ActorCell cell, object message) =>
        Add(new Entry(this, cell, message), after < TimeSpan.MaxValue - TimeSpan.FromTicks(Elapsed) ? Elapsed + after.Ticks : long.MaxValue);

    public void Dispose() => _timer.Dispose();

    private Entry Add(Entry entry, long due)
    {
        lock (_lock)
        {
            _heap.Enqueue(entry, (due, _order++));
            if (entry.At is not null) _forTimes++;
            Arm();
        }

        return entry;
    }

    private void Fire()
    {
        List<Entry>? due = null;
        lock (_lock)
        {
            _armedFor = long.MaxValue;
            FollowClock();
            var now = Elapsed;
            while (_heap.TryPeek(out var entry, out var key) && (entry.IsDone || key.Due <= now))
            {
                _heap.Dequeue();
                if (entry.At is not null) _forTimes--;
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

    /// <summary>
    /// Arms the system timer for the earliest entry or the next look at the clock, rounded up to a millisecond: a system timer may fire early, never late by design.
    /// </summary>
    private void Arm()
    {
        if (!_heap.TryPeek(out _, out var key)) return;
        var now = Elapsed;
        var next = _forTimes == 0 ? key.Due : Math.Min(key.Due, now + LookEvery.Ticks);
        if (next >= _armedFor) return;
        _armedFor = next;
        _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(Math.Min(int.MaxValue, TimeSpan.FromTicks(Math.Max(0, next - now)).TotalMilliseconds))), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Timers for a time come nearer when the clock has jumped forward.</summary>
    private void FollowClock()
    {
        var lead = Lead;
        if (lead < _lead) _lead = lead;
        if (lead - _lead < Drift.Ticks) return;
        _lead = lead;
        var moved = _heap.UnorderedItems.Select(item => item.Element.At is { } at ? (item.Element, (Math.Min(item.Priority.Due, at - lead), item.Priority.Order)) : item).ToArray();
        _heap.Clear();
        _heap.EnqueueRange(moved);
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
            _forTimes = live.Count(item => item.Element.At is not null);
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

        /// <summary>The time that it is for, in ticks; null if it is for a duration.</summary>
        internal long? At { get; init; }

        internal bool IsDone { get; set; }

        public void Dispose() => _queue.Cancel(this);
    }
}
