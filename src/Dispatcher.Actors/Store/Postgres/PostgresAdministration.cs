namespace Dispatcher.Store.Postgres;

/// <summary>What an operator does with the database itself, without being a node.</summary>
public static class PostgresAdministration
{
    /// <summary>Makes the schema, or brings it to that of this program; with a role that may, before nodes start with one that may not.</summary>
    /// <returns>The version before (0: there was none) and now.</returns>
    /// <exception cref="StoreVersionException">A newer version has written the database.</exception>
    /// <exception cref="StoreException">The database cannot be reached or changed, or has another number of shards.</exception>
    public static async Task<(int Before, int Now)> Migrate(PostgresStoreOptions options, DateTimeOffset now)
    {
        await using var database = new PostgresDatabase(options);
        return await database.Read(async (_, connection) =>
        {
            var before = await PostgresMigrations.CurrentVersion(database, connection) ?? 0;
            await using var transaction = await connection.BeginTransactionAsync();
            await PostgresMigrations.Apply(database, connection, now);
            await PostgresOpening.AgreeOnShards(database, connection, options.ShardCount);
            await PostgresOpening.TryMakePartitions(database, connection, transaction, now, options.PartitionsAhead);
            await transaction.CommitAsync();
            return (before, PostgresMigrations.Newest);
        });
    }

    /// <summary>What the database holds; changes nothing.</summary>
    /// <exception cref="StoreException">The database cannot be reached.</exception>
    public static async Task<PostgresStatus> Status(PostgresStoreOptions options)
    {
        await using var database = new PostgresDatabase(options);
        return await database.Read(async (_, connection) =>
        {
            var server = connection.PostgreSqlVersion.ToString();
            if (await PostgresMigrations.CurrentVersion(database, connection) is not { } version)
                return new PostgresStatus(server, options.Schema, 0, PostgresMigrations.Newest, null, 0, 0, 0);

            await using var read = database.Command(connection, PostgresSql.Overview);
            await using var reader = await read.ExecuteReaderAsync();
            await reader.ReadAsync();
            return new PostgresStatus(
                server, options.Schema, version, PostgresMigrations.Newest, reader.TextOrNull(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3));
        });
    }
}

/// <summary>The state of a database.</summary>
/// <param name="Version">The schema's version; 0 when there is none.</param>
/// <param name="KnownVersion">The schema's version that this program knows.</param>
/// <param name="Shards">Over how many shards jobs are spread, if that is decided.</param>
/// <param name="LivingNodes">Nodes that may write.</param>
/// <param name="Partitions">Parts of the journal.</param>
public sealed record PostgresStatus(
    string Server, string Schema, int Version, int KnownVersion, string? Shards, long Jobs, long LivingNodes, long Partitions);
