namespace Dispatcher.Steps.Admission;

/// <summary>
/// The slots of time that a node has reserved for its next starts in a paced stage of a cluster. A start may be a little later than its slot; a slot that was missed
/// by more is lost, so that a late start does not come too close to another node's. Pure: instants are handed in.
/// </summary>
internal sealed class StartSlots(long frequency)
{
    /// <summary>Slots that one request asks for at most.</summary>
    public const int RequestLimit = 1_000;

    /// <summary>No slot is reserved.</summary>
    public const long Unknown = long.MaxValue;

    /// <summary>How far ahead slots are reserved, beside the first: it bounds both the requests in a second and the time that unused slots cost the others.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromMilliseconds(250);

    /// <summary>How much later than its slot a start may be.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(50);

    private readonly Queue<long> _slots = new();
    private readonly long _tolerance = ClockUnits.Of(Tolerance, frequency);
    private bool _isLacking;
    private bool _isUnderWay;
    private bool _hasFailed;

    /// <summary>The next slot; null when none is reserved.</summary>
    public long? First => _slots.TryPeek(out var slot) ? slot : null;

    /// <summary>True when a start waits for a slot and none is being reserved.</summary>
    public bool IsDue => _isLacking && !_isUnderWay && !_hasFailed;

    /// <summary>When the next start may come; <see cref="Unknown"/> if a slot must be reserved first.</summary>
    public long EarliestStart(long now)
    {
        while (_slots.TryPeek(out var slot))
        {
            if (now - slot <= _tolerance) return slot;
            _slots.Dequeue();
        }

        _isLacking = true;
        return Unknown;
    }

    /// <summary>A start takes the next slot.</summary>
    public void Use() => _slots.Dequeue();

    public void Asked() => (_isLacking, _isUnderWay) = (false, true);

    /// <param name="slots">From now on; null when none could be had.</param>
    public void Take(IReadOnlyList<TimeSpan>? slots, long now)
    {
        _isUnderWay = false;
        _hasFailed = slots is null;
        foreach (var slot in slots ?? []) _slots.Enqueue(now + ClockUnits.Of(slot, frequency));
    }

    /// <summary>After a failure: it may be tried again.</summary>
    public void LookAgain() => _hasFailed = false;
}
