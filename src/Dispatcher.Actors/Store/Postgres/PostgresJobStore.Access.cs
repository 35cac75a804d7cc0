namespace Dispatcher.Store.Postgres;

/// <summary>Keys and secrets.</summary>
public sealed partial class PostgresJobStore
{
    public ValueTask<bool> AddKey(StoredKey key) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<StoredKey>> ReadKeys() => throw new NotSupportedException();

    public ValueTask<bool> RevokeKey(string id, DateTimeOffset at) => throw new NotSupportedException();

    public ValueTask AddWebhookSecret(WebhookSecret secret, DateTimeOffset othersExpireAt) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<WebhookSecret>> ReadWebhookSecrets(string tenant) => throw new NotSupportedException();
}
