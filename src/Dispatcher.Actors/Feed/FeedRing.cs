using System.Numerics;
using Dispatcher.Kernel;

namespace Dispatcher.Feed;

/// <summary>
/// The newest events of the journal, shared by all subscribers. One thread at a time adds; any number read without a lock: a slot is one reference to an event that
/// knows its own index, so a reader sees whether it is still the one it came for.
/// </summary>
/// <remarks>
/// Invariants: 1. orderings never fall from one index to the next; 2. every stored event after <see cref="Base"/> that was told is at an index from
/// <see cref="Tail"/> on; 3. events and bytes stay within the limits, but for a single event that is larger than all of them.
/// </remarks>
internal sealed class FeedRing
{
    /// <summary>Nothing is known to be complete yet.</summary>
    public const long NoBase = long.MaxValue;

    private readonly FeedEvent?[] _slots;
    private readonly int _mask;
    private readonly long _limitBytes;
    private long _bytes;
    private long _tail;
    private long _head;
    private long _base = NoBase;
    private long _lastOrdering;

    public FeedRing(int limitEvents, long limitBytes)
    {
        _slots = new FeedEvent?[BitOperations.RoundUpToPowerOf2((uint)limitEvents)];
        _mask = _slots.Length - 1;
        _limitBytes = limitBytes;
    }

    /// <summary>The index of the oldest event that is still here.</summary>
    public long Tail => Volatile.Read(ref _tail);

    /// <summary>The index that the next event gets.</summary>
    public long Head => Volatile.Read(ref _head);

    /// <summary>The ring has what was committed after this place of the journal.</summary>
    public long Base => Volatile.Read(ref _base);

    /// <summary>The place of the newest event that was told.</summary>
    public long LastOrdering => Volatile.Read(ref _lastOrdering);

    /// <summary>Says that all that was committed after this place will be told; the first to say so is right.</summary>
    public void BeginAfter(long ordering)
    {
        if (_base != NoBase) return;
        // The newest event may have been deleted since the ring heard of it.
        Volatile.Write(ref _lastOrdering, Math.Max(_lastOrdering, ordering));
        Volatile.Write(ref _base, _lastOrdering);
    }

    /// <summary>Forgets all events: nothing is told any more. Indexes go on, so that one from before finds nothing.</summary>
    public void Pause()
    {
        while (_head > _tail) DropOldest();
        Volatile.Write(ref _base, NoBase);
    }

    public void Add(FeedEvent added)
    {
        Check.That(added.Index == _head && added.Ordering >= _lastOrdering && _base != NoBase);
        while (_head > _tail && (_head - _tail == _slots.Length || _bytes + added.Bytes > _limitBytes)) DropOldest();
        _bytes += added.Bytes;
        Volatile.Write(ref _slots[_head & _mask], added);
        Volatile.Write(ref _lastOrdering, added.Ordering);
        Volatile.Write(ref _head, _head + 1);
    }

    /// <summary>The event with this index; null if it has left the ring or was not added yet.</summary>
    public FeedEvent? Find(long index)
    {
        var found = Volatile.Read(ref _slots[index & _mask]);
        return found?.Index == index ? found : null;
    }

    /// <summary>The index of the first event after a place in the journal. False if the ring does not reach back so far.</summary>
    public bool TryFindAfter(long ordering, out long index)
    {
        var low = Tail;
        var high = Head;
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            // One that has just left the ring was older than all that are here.
            if (Find(middle) is { } found && found.Ordering > ordering) high = middle;
            else low = middle + 1;
        }

        index = low;
        // Read last: it tells of everything that has left until now.
        return Base <= ordering;
    }

    private void DropOldest()
    {
        var oldest = _slots[_tail & _mask]!;
        _bytes -= oldest.Bytes;
        Volatile.Write(ref _base, oldest.Ordering);
        Volatile.Write(ref _tail, _tail + 1);
        Volatile.Write(ref _slots[(_tail - 1) & _mask], null);
    }
}
