using System.Collections.Frozen;
using Dispatcher.Store;

namespace Dispatcher.Web.Access;

/// <summary>
/// All keys of the store in memory, so that a request costs one hash and no query. Changes are made in the store first and then here
/// (<see cref="Load"/>); a key that is revoked or expires ends the live connections that it opened.
/// </summary>
internal sealed class KeyRing : IDisposable
{
    /// <summary>The longest time that one timer is set for; it is set again then, so that a clock that is set forward is noticed.</summary>
    private static readonly TimeSpan TimerLimit = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _reading = new(1);
    private readonly Lock _changing = new();
    private volatile FrozenDictionary<string, KeyEntry> _keys = FrozenDictionary<string, KeyEntry>.Empty;
    private readonly CancellationTokenSource _firstKey = new();
    private ITimer? _expiry;

    public KeyRing(TimeProvider time)
    {
        _time = time;
        Open = new CallerFinding.Found(Caller.Local with { Ended = _firstKey.Token });
    }

    /// <summary>Everybody on this machine, while there are no keys. What they have opened ends with the first key.</summary>
    public CallerFinding.Found Open { get; }

    /// <summary>True from the first key on, also when all are revoked: a server does not become open by losing its last key.</summary>
    public bool HasKeys => _keys.Count > 0;

    /// <summary>Takes the keys of the store as they are now.</summary>
    public async Task Load(IAccessStore store)
    {
        // One after the other: what is read first must not replace what is read later.
        await _reading.WaitAsync();
        try
        {
            Take(await store.ReadKeys());
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>Who has this key; null when it is not a key, or is worth nothing any more.</summary>
    public CallerFinding.Found? Find(ReadOnlySpan<char> text)
    {
        if (!ApiKey.TryReadId(text, out var id) || !_keys.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(id, out var entry)) return null;
        return entry.IsGoodAt(_time.GetUtcNow()) && ApiKey.Matches(text, entry.Key.Hash.Span) ? entry.Found : null;
    }

    public void Dispose()
    {
        lock (_changing)
        {
            _expiry?.Dispose();
            _reading.Dispose();
            _firstKey.Dispose();
            foreach (var entry in _keys.Values) entry.Dispose();
        }
    }

    private void Take(IReadOnlyList<StoredKey> stored)
    {
        lock (_changing)
        {
            var old = _keys;
            _keys = stored.Select(key => old.GetValueOrDefault(key.Id)?.With(key) ?? new KeyEntry(key)).ToFrozenDictionary(entry => entry.Key.Id, StringComparer.Ordinal);
            EndExpired();
            if (HasKeys) _ = _firstKey.CancelAsync();
        }
    }

    private void EndExpired()
    {
        var now = _time.GetUtcNow();
        DateTimeOffset? next = null;
        foreach (var entry in _keys.Values)
        {
            if (entry.IsGoodAt(now) && entry.Key.ExpiresAt is { } end && !(next <= end)) next = end;
        }

        _expiry?.Dispose();
        _expiry = next is { } at ? _time.CreateTimer(_ => OnTimer(), null, Min(at - now, TimerLimit), Timeout.InfiniteTimeSpan) : null;
    }

    private void OnTimer()
    {
        lock (_changing) EndExpired();
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
