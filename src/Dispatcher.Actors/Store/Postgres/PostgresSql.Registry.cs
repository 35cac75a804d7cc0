namespace Dispatcher.Store.Postgres;

/// <summary>Definitions, stored by their hash, and the names that tenants give them.</summary>
internal static partial class PostgresSql
{
    public const string InsertWorkflow =
        "INSERT INTO {schema}.workflows (hash, name, version, definition) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

    public const string FindWorkflow = "SELECT hash, name, version, definition FROM {schema}.workflows WHERE hash = $1";

    /// <summary>Of two nodes that register the same version at once, one waits here for the other, and finds it in the next statement.</summary>
    public const string InsertVersion =
        "INSERT INTO {schema}.workflow_versions (tenant, name, version, hash, registered_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";

    public const string HashOfVersion = "SELECT hash FROM {schema}.workflow_versions WHERE tenant = $1 AND name = $2 AND version = $3";

    public const string FindVersion = SelectVersion + " WHERE tenant = $1 AND name = $2 AND version = $3";

    public const string FindNewestVersion = SelectVersion + " WHERE tenant = $1 AND name = $2 ORDER BY version DESC LIMIT 1";

    public const string ListVersions = SelectVersion + " WHERE tenant = $1 AND (name, version) > ($2, $3) ORDER BY name, version LIMIT $4";

    public const string ListVersionsOfName = SelectVersion + " WHERE tenant = $1 AND name = $2 AND version > $3 ORDER BY version LIMIT $4";

    private const string SelectVersion = "SELECT name, version, hash, registered_at FROM {schema}.workflow_versions";
}
