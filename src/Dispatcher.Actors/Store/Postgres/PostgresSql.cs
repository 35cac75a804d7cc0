namespace Dispatcher.Store.Postgres;

/// <summary>Every statement that the store runs, with <c>{schema}</c> before each table. The tables are in Migrations/.</summary>
internal static partial class PostgresSql
{
    /// <summary>
    /// Holds whoever wants to take this incarnation's right to write until the transaction has ended; no row when it has none any more. A transaction whose node
    /// falls silent in the middle is ended by the server, so that nobody waits for it.
    /// </summary>
    public const string Fence =
        "SELECT set_config('idle_in_transaction_session_timeout', '3000', true) FROM {schema}.nodes WHERE incarnation = $1 AND state = 'alive' FOR SHARE";

    public const string InsertNode =
        "INSERT INTO {schema}.nodes (node_name, address, version, state, started_at) VALUES ($1, $2, $3, 'alive', $4) RETURNING incarnation";

    public const string ReadMeta = "SELECT value FROM {schema}.meta WHERE key = $1";

    public const string WriteMeta = "INSERT INTO {schema}.meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
}
