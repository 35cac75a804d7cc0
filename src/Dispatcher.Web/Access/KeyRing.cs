using System.Collections.Frozen;
using Dispatcher.Store;

namespace Dispatcher.Web.Access;

/// <summary>
/// All keys of the store in memory, so that a request costs one hash and no query. Changes are made in the store first and then here
/// (<see cref="Load"/>); a key that is revoked or expires ends the live connections that it opened.
/// </summary>
internal sealed class KeyRing(TimeProvider time) : IDisposable
{
    /// <summary>The longest time that one timer is set for; it is set again then.</summary>
    private static readonly TimeSpan TimerLimit = TimeSpan.FromDays(1);

    private readonly Lock _loading = new();
    private volatile FrozenDictionary<string, KeyEntry> _keys = FrozenDictionary<string, KeyEntry>.Empty;
    private ITimer? _expiry;

    /// <summary>True from the first key on, also when all are revoked: a server does not become open by losing its last key.</summary>
    public bool HasKeys => _keys.Count > 0;

    /// <summary>Takes the keys of the store as they are now.</summary>
    public async Task Load(IAccessStore store)
    {
        var stored = await store.ReadKeys();
        lock (_loading)
        {
            var old = _keys;
            _keys = stored.Select(key => old.GetValueOrDefault(key.Id)?.With(key) ?? new KeyEntry(key)).ToFrozenDictionary(entry => entry.Key.Id, StringComparer.Ordinal);
            EndExpired();
        }
    }

    /// <summary>Who has this key; null when it is not a key, or is worth nothing any more.</summary>
    public Caller? Find(ReadOnlySpan<char> text)
    {
        if (!ApiKey.TryReadId(text, out var id) || !_keys.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(id, out var entry)) return null;
        return entry.IsGoodAt(time.GetUtcNow()) && ApiKey.Matches(text, entry.Key.Hash.Span) ? entry.Caller : null;
    }

    /// <summary>All keys of the store, or of one tenant, in the order of their making.</summary>
    public IReadOnlyList<StoredKey> List(string? tenant) =>
        [.. _keys.Values.Select(entry => entry.Key).Where(key => tenant is null || key.Tenant == tenant).OrderBy(key => key.CreatedAt).ThenBy(key => key.Id, StringComparer.Ordinal)];

    public void Dispose()
    {
        lock (_loading)
        {
            _expiry?.Dispose();
            foreach (var entry in _keys.Values) entry.Dispose();
        }
    }

    private void EndExpired()
    {
        var now = time.GetUtcNow();
        DateTimeOffset? next = null;
        foreach (var entry in _keys.Values)
        {
            if (!entry.IsGoodAt(now)) entry.End();
            else if (entry.EndsAt is { } end && !(next <= end)) next = end;
        }

        _expiry?.Dispose();
        _expiry = next is { } at ? time.CreateTimer(_ => OnTimer(), null, Min(at - now, TimerLimit), Timeout.InfiniteTimeSpan) : null;
    }

    private void OnTimer()
    {
        lock (_loading) EndExpired();
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
