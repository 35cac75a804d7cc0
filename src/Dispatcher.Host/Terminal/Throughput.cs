namespace Dispatcher.Host.Terminal;

/// <summary>Items a second over the last seconds, from counts that grow.</summary>
internal sealed class Throughput
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    private readonly Queue<(DateTimeOffset At, int Count)> _samples = new();

    /// <summary>Takes a count; the rate, or null while too little was seen.</summary>
    public double? Observe(int count, DateTimeOffset now)
    {
        _samples.Enqueue((now, count));
        while (_samples.Count > 2 && now - _samples.Peek().At > Window) _samples.Dequeue();
        var (since, before) = _samples.Peek();
        return now - since < TimeSpan.FromMilliseconds(500) ? null : (count - before) / (now - since).TotalSeconds;
    }
}
