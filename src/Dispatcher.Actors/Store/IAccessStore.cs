namespace Dispatcher.Store;

/// <summary>Who may call, and the secrets with which callbacks are signed. Read at start and after changes, never on the hot path.</summary>
public interface IAccessStore
{
    /// <summary>Stores a key; false when the id is taken.</summary>
    ValueTask<bool> AddKey(StoredKey key);

    /// <summary>All keys, also expired and revoked ones.</summary>
    ValueTask<IReadOnlyList<StoredKey>> ReadKeys();

    /// <summary>The key is worth nothing any more, whatever the clock will show; false when there is no such key, or it was revoked before.</summary>
    /// <param name="at">When that was, for people.</param>
    ValueTask<bool> RevokeKey(string id, DateTimeOffset at);

    /// <summary>The key is worth nothing from this time on; false when there is no such key, or it expires no later anyway.</summary>
    ValueTask<bool> ExpireKey(string id, DateTimeOffset at);

    /// <summary>Stores a secret; those before it expire at the given time, so that receivers have time to change.</summary>
    ValueTask AddWebhookSecret(WebhookSecret secret, DateTimeOffset othersExpireAt);

    /// <summary>A tenant's secrets, newest first, also expired ones.</summary>
    ValueTask<IReadOnlyList<WebhookSecret>> ReadWebhookSecrets(string tenant);
}

/// <summary>An API key as it is stored: never the key itself.</summary>
/// <param name="Id">The public part: it names the key in lists, events and logs.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Roles">Lower-case names of roles.</param>
/// <param name="Hash">SHA-256 of the whole key; it has 256 bits of chance, so nothing slower is needed.</param>
public sealed record StoredKey(
    string Id, string Tenant, string Name, IReadOnlyList<string> Roles, ReadOnlyMemory<byte> Hash,
    DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt);

/// <summary>A secret that signs callbacks of a tenant (Standard Webhooks: <c>whsec_</c> and base64 of the bytes).</summary>
public sealed record WebhookSecret(string Id, string Tenant, ReadOnlyMemory<byte> Secret, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);
