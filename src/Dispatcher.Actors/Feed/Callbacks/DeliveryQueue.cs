using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Feed.Callbacks;

/// <summary>
/// The due deliveries that are in memory, by receiver, each receiver in turn. Bounded: what does not fit stays in the store and is read again when there
/// is room, so a slow receiver takes its own places only.
/// </summary>
internal sealed class DeliveryQueue(int maxConcurrency, int receiverMaxConcurrency)
{
    /// <summary>Deliveries that wait in memory, of all receivers and of one.</summary>
    public const int Limit = 2048;
    public const int ReceiverLimit = 256;

    /// <summary>Receivers remembered for their failures; beyond it those with nothing to send are forgotten, and begin with a closed breaker again.</summary>
    private const int RememberedReceivers = 10_000;

    private readonly Dictionary<ReceiverKey, Receiver> _receivers = [];
    private readonly Queue<Receiver> _line = new();
    private readonly HashSet<ReceiverKey> _full = [];
    private readonly HashSet<long> _known = [];
    private bool _wasFull;

    public int Waiting { get; private set; }

    public int UnderWay { get; private set; }

    public bool IsFull => Waiting >= Limit;

    /// <summary>True when something was left in the store for lack of room, and there is room again.</summary>
    public bool WantsMore { get; private set; }

    public IEnumerable<Receiver> Receivers => _receivers.Values;

    /// <summary>A reading of the store begins at its beginning.</summary>
    public void BeginRound() => _full.Clear();

    /// <summary>The store is about to be read. While there is no room at all nothing is, and that must not be forgotten.</summary>
    public void BeginReading() => (WantsMore, _wasFull) = (false, IsFull);

    /// <summary>True when a round has passed over a receiver that has room by now.</summary>
    public bool HasPassedOver => !IsFull && _full.Any(key => _receivers.TryGetValue(key, out var receiver) && receiver.Waiting <= ReceiverLimit / 4);

    /// <summary>True while the delivery waits here or is under way.</summary>
    public bool Knows(StoredDelivery delivery) => _known.Contains(delivery.Id);

    public Receiver ReceiverOf(StoredDelivery delivery)
    {
        var key = ReceiverKey.Of(delivery);
        if (_receivers.TryGetValue(key, out var receiver)) return receiver;
        if (_receivers.Count >= RememberedReceivers) ForgetIdleReceivers();
        receiver = new Receiver(key);
        _receivers.Add(key, receiver);
        return receiver;
    }

    /// <summary>
    /// Takes a due delivery, if there is room. Once there was none for a receiver, nothing more of it is taken until the next round: what came later would
    /// overtake what stayed.
    /// </summary>
    public void Offer(StoredDelivery delivery)
    {
        var receiver = ReceiverOf(delivery);
        _wasFull |= IsFull;
        if (IsFull || receiver.Waiting >= ReceiverLimit) _full.Add(receiver.Key);
        if (_full.Contains(receiver.Key)) return;
        receiver.Add(delivery);
        _known.Add(delivery.Id);
        Waiting++;
        if (receiver.IsInLine) return;
        receiver.IsInLine = true;
        _line.Enqueue(receiver);
    }

    /// <summary>The next delivery to be sent, which is under way from here; null if none may go now.</summary>
    public StoredDelivery? Begin(DateTimeOffset now)
    {
        if (UnderWay >= maxConcurrency) return null;
        for (var turns = _line.Count; turns > 0; turns--)
        {
            var receiver = _line.Dequeue();
            var delivery = receiver.Begin(now, receiverMaxConcurrency);
            receiver.IsInLine = receiver.Waiting > 0;
            if (receiver.IsInLine) _line.Enqueue(receiver);
            if (delivery is null) continue;
            Waiting--;
            UnderWay++;
            NoticeRoom(receiver);
            return delivery;
        }

        return null;
    }

    /// <summary>An attempt is over; see <see cref="Receiver.End"/>.</summary>
    public bool End(StoredDelivery delivery, bool? works, DateTimeOffset now)
    {
        UnderWay--;
        _known.Remove(delivery.Id);
        var receiver = ReceiverOf(delivery);
        var opened = receiver.End(delivery, works, now);
        if (receiver.IsForgettable) _receivers.Remove(receiver.Key);
        return opened;
    }

    /// <summary>Takes away all that waits for a receiver, or what waits of one job.</summary>
    public IReadOnlyList<StoredDelivery> RemoveWaiting(Receiver receiver, JobId? job = null)
    {
        var removed = receiver.RemoveWaiting(job);
        foreach (var delivery in removed) _known.Remove(delivery.Id);
        Waiting -= removed.Count;
        NoticeRoom(receiver);
        return removed;
    }

    private void NoticeRoom(Receiver receiver) =>
        WantsMore |= (_wasFull && Waiting <= Limit / 4) || (receiver.Waiting <= ReceiverLimit / 4 && _full.Contains(receiver.Key));

    private void ForgetIdleReceivers()
    {
        var idle = _receivers.Values.Where(receiver => receiver.Waiting + receiver.UnderWay == 0).Select(receiver => receiver.Key).ToList();
        foreach (var key in idle) _receivers.Remove(key);
    }
}
