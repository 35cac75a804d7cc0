namespace Dispatcher.Store.Sqlite;

/// <summary>Keys and secrets.</summary>
public sealed partial class SqliteJobStore
{
    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<bool> AddKey(StoredKey key) => Write(key, static (database, key) =>
    {
        var insert = database.Statement(SqliteSql.InsertKey);
        insert.Bind(1, key.Id);
        insert.Bind(2, key.Tenant);
        insert.Bind(3, key.Name);
        insert.Bind(4, string.Join(' ', key.Roles));
        insert.Bind(5, key.Hash.Span);
        insert.Bind(6, key.CreatedAt);
        insert.Bind(7, key.ExpiresAt);
        insert.Bind(8, key.RevokedAt);
        return insert.TryInsert();
    });

    public ValueTask<IReadOnlyList<StoredKey>> ReadKeys() =>
        _readers.Read<int, IReadOnlyList<StoredKey>>(0, static (reader, _) => reader.ReadKeys());

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<bool> RevokeKey(string id, DateTimeOffset at) => EndKey(SqliteSql.RevokeKey, id, at);

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<bool> ExpireKey(string id, DateTimeOffset at) => EndKey(SqliteSql.ExpireKey, id, at);

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written, or the id is taken.</exception>
    public async ValueTask AddWebhookSecret(WebhookSecret secret, DateTimeOffset othersExpireAt) =>
        await Write((secret, othersExpireAt), static (database, given) =>
        {
            var expire = database.Statement(SqliteSql.ExpireSecrets);
            expire.Bind(1, given.secret.Tenant);
            expire.Bind(2, given.othersExpireAt);
            expire.Run();
            var insert = database.Statement(SqliteSql.InsertSecret);
            insert.Bind(1, given.secret.Id);
            insert.Bind(2, given.secret.Tenant);
            insert.Bind(3, given.secret.Secret.Span);
            insert.Bind(4, given.secret.CreatedAt);
            insert.Bind(5, given.secret.ExpiresAt);
            return insert.TryInsert() ? true : throw new StoreException($"There is a webhook secret {given.secret.Id} already.");
        });

    public ValueTask<IReadOnlyList<WebhookSecret>> ReadWebhookSecrets(string tenant) =>
        _readers.Read<string, IReadOnlyList<WebhookSecret>>(tenant, static (reader, tenant) => reader.ReadWebhookSecrets(tenant));

    private ValueTask<bool> EndKey(string sql, string id, DateTimeOffset at) => Write((sql, id, at), static (database, given) =>
    {
        var end = database.Statement(given.sql);
        end.Bind(1, given.id);
        end.Bind(2, given.at);
        end.Run();
        return database.ChangedRows == 1;
    });
}
