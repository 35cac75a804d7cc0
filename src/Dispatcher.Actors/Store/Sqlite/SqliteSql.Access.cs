namespace Dispatcher.Store.Sqlite;

/// <summary>Keys and secrets. There are few of them, so all keys are read at once.</summary>
internal static partial class SqliteSql
{
    public const string InsertKey =
        "INSERT INTO api_keys (id, tenant, name, roles, hash, created_at, expires_at, revoked_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

    public const string ReadKeys = "SELECT id, tenant, name, roles, hash, created_at, expires_at, revoked_at FROM api_keys ORDER BY id";

    public const string RevokeKey = "UPDATE api_keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL";

    public const string ExpireKey = "UPDATE api_keys SET expires_at = ?2 WHERE id = ?1 AND (expires_at IS NULL OR expires_at > ?2)";

    public const string InsertSecret = "INSERT INTO webhook_secrets (id, tenant, secret, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)";

    public const string ExpireSecrets = "UPDATE webhook_secrets SET expires_at = ?2 WHERE tenant = ?1 AND (expires_at IS NULL OR expires_at > ?2)";

    public const string ReadSecrets =
        "SELECT id, tenant, secret, created_at, expires_at FROM webhook_secrets WHERE tenant = ?1 ORDER BY created_at DESC, id DESC";
}
