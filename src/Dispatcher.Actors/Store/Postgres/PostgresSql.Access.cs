namespace Dispatcher.Store.Postgres;

/// <summary>Keys and secrets. There are few of them, so all keys are read at once.</summary>
internal static partial class PostgresSql
{
    public const string InsertKey =
        """
        INSERT INTO {schema}.api_keys (id, tenant, name, roles, hash, created_at, expires_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (id) DO NOTHING
        """;

    public const string ReadKeys = "SELECT id, tenant, name, roles, hash, created_at, expires_at, revoked_at FROM {schema}.api_keys ORDER BY id";

    public const string RevokeKey = "UPDATE {schema}.api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";

    public const string ExpireKey = "UPDATE {schema}.api_keys SET expires_at = $2 WHERE id = $1 AND (expires_at IS NULL OR expires_at > $2)";

    public const string InsertSecret =
        "INSERT INTO {schema}.webhook_secrets (id, tenant, secret, created_at, expires_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING";

    /// <summary>Not the one that was written just before.</summary>
    public const string ExpireOtherSecrets =
        "UPDATE {schema}.webhook_secrets SET expires_at = $2 WHERE tenant = $1 AND (expires_at IS NULL OR expires_at > $2) AND id <> $3";

    public const string ReadSecrets =
        "SELECT id, tenant, secret, created_at, expires_at FROM {schema}.webhook_secrets WHERE tenant = $1 ORDER BY created_at DESC, id DESC";
}
