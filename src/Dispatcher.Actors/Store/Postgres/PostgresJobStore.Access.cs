namespace Dispatcher.Store.Postgres;

/// <summary>Keys and secrets.</summary>
public sealed partial class PostgresJobStore
{
    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<bool> AddKey(StoredKey key) => Write(async (database, connection) =>
    {
        await using var insert = database.Command(connection, PostgresSql.InsertKey);
        insert.Add(key.Id);
        insert.Add(key.Tenant);
        insert.Add(key.Name);
        insert.Add(string.Join(' ', key.Roles));
        insert.Add(key.Hash);
        insert.Add(key.CreatedAt);
        insert.Add(key.ExpiresAt);
        insert.Add(key.RevokedAt);
        return await insert.ExecuteNonQueryAsync() == 1;
    });

    public ValueTask<IReadOnlyList<StoredKey>> ReadKeys() => Reader.ReadKeys();

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<bool> RevokeKey(string id, DateTimeOffset at) => EndKey(PostgresSql.RevokeKey, id, at);

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<bool> ExpireKey(string id, DateTimeOffset at) => EndKey(PostgresSql.ExpireKey, id, at);

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written, or the id is taken.</exception>
    public async ValueTask AddWebhookSecret(WebhookSecret secret, DateTimeOffset othersExpireAt) => await Write(async (database, connection) =>
    {
        await using var insert = database.Command(connection, PostgresSql.InsertSecret);
        insert.Add(secret.Id);
        insert.Add(secret.Tenant);
        insert.Add(secret.Secret);
        insert.Add(secret.CreatedAt);
        insert.Add(secret.ExpiresAt);
        if (await insert.ExecuteNonQueryAsync() == 0) throw new StoreException($"There is a webhook secret {secret.Id} already.");

        await using var expire = database.Command(connection, PostgresSql.ExpireOtherSecrets);
        expire.Add(secret.Tenant);
        expire.Add(othersExpireAt);
        expire.Add(secret.Id);
        return await expire.ExecuteNonQueryAsync();
    });

    public ValueTask<IReadOnlyList<WebhookSecret>> ReadWebhookSecrets(string tenant) => Reader.ReadWebhookSecrets(tenant);

    private ValueTask<bool> EndKey(string statement, string id, DateTimeOffset at) => Write(async (database, connection) =>
    {
        await using var end = database.Command(connection, statement);
        end.Add(id);
        end.Add(at);
        return await end.ExecuteNonQueryAsync() == 1;
    });
}
