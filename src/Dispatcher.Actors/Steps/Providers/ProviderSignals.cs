namespace Dispatcher.Steps.Providers;

/// <summary>
/// Tells waiting steps of this process that their provider has news: a webhook rings the prediction's id, and whoever waits for it looks at once. The bell says only that,
/// and the look at the provider is the truth, so a forged, repeated or early ring does no harm; at another node the step's own polling finds the news.
/// </summary>
public sealed class ProviderSignals
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<Bell>> _bells = new(StringComparer.Ordinal);

    /// <summary>Ids that somebody waits for now.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate) return _bells.Count;
        }
    }

    /// <summary>Wakes who waits for a prediction; false if nobody does.</summary>
    public bool Ring(string id)
    {
        lock (_gate)
        {
            if (!_bells.TryGetValue(id, out var bells)) return false;
            foreach (var bell in bells) bell.Ring();
            return true;
        }
    }

    internal Bell Listen(string id)
    {
        var bell = new Bell(this, id);
        lock (_gate)
        {
            if (_bells.TryGetValue(id, out var bells)) bells.Add(bell);
            else _bells.Add(id, [bell]);
        }

        return bell;
    }

    private void Remove(string id, Bell bell)
    {
        lock (_gate)
        {
            if (_bells.TryGetValue(id, out var bells) && bells.Remove(bell) && bells.Count == 0) _bells.Remove(id);
        }
    }

    /// <summary>One who waits. A ring while he looks is not lost: the next wait ends at once.</summary>
    internal sealed class Bell(ProviderSignals signals, string id) : IDisposable
    {
        private TaskCompletionSource _rung = NewSource();

        public void Ring() => Volatile.Read(ref _rung).TrySetResult();

        /// <summary>Waits for a ring, at most so long; true if it rang.</summary>
        public async ValueTask<bool> Wait(TimeSpan longest, TimeProvider time, CancellationToken cancellation)
        {
            try
            {
                await Volatile.Read(ref _rung).Task.WaitAsync(longest, time, cancellation);
                Volatile.Write(ref _rung, NewSource());
                return true;
            }
            catch (TimeoutException)
            {
                return false;
            }
        }

        public void Dispose() => signals.Remove(id, this);

        private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
