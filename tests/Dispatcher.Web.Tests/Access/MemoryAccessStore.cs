using Dispatcher.Store;

namespace Dispatcher.Web.Tests.Access;

/// <summary>Keys in memory, for the parts that are the same over every store.</summary>
internal sealed class MemoryAccessStore : IAccessStore
{
    private readonly Dictionary<string, StoredKey> _keys = new(StringComparer.Ordinal);

    public ValueTask<bool> AddKey(StoredKey key) => ValueTask.FromResult(_keys.TryAdd(key.Id, key));

    public ValueTask<IReadOnlyList<StoredKey>> ReadKeys() => ValueTask.FromResult<IReadOnlyList<StoredKey>>([.. _keys.Values]);

    public ValueTask<bool> RevokeKey(string id, DateTimeOffset at)
    {
        if (!_keys.TryGetValue(id, out var key) || key.RevokedAt is not null) return ValueTask.FromResult(false);
        _keys[id] = key with { RevokedAt = at };
        return ValueTask.FromResult(true);
    }

    public ValueTask<bool> ExpireKey(string id, DateTimeOffset at)
    {
        if (!_keys.TryGetValue(id, out var key) || key.ExpiresAt <= at) return ValueTask.FromResult(false);
        _keys[id] = key with { ExpiresAt = at };
        return ValueTask.FromResult(true);
    }

    public ValueTask AddWebhookSecret(WebhookSecret secret, DateTimeOffset othersExpireAt) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<WebhookSecret>> ReadWebhookSecrets(string tenant) => throw new NotSupportedException();
}
