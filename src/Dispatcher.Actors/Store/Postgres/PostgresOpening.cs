using System.Globalization;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>What a node does before it may write: the schema, the settings that all nodes share, the partitions, and its own row in <c>nodes</c>.</summary>
/// <param name="Incarnation">The number of this node's life.</param>
/// <param name="OrderingOffset">What is added to the numbers of transactions: <see cref="PostgresOrdering.Horizon"/>.</param>
/// <param name="PartitionsFault">Why the journal's partitions could not be made, if so; rows then go to the default partition.</param>
internal sealed record PostgresOpening(long Incarnation, long OrderingOffset, string? PartitionsFault)
{
    private const string ShardCountKey = "shard_count";

    private const string OffsetKey = "ordering_offset";

    /// <summary>How far the newest event lies above the numbers that transactions have by now; null without events.</summary>
    private const string Lead = "SELECT (max(ordering) >> 16) - pg_current_xact_id()::text::bigint FROM {schema}.journal";

    /// <exception cref="StoreVersionException">The schema is newer than this program.</exception>
    /// <exception cref="StoreException">The database cannot be used, or has another number of shards.</exception>
    public static async Task<PostgresOpening> Begin(PostgresDatabase database, PostgresStoreOptions options, DateTimeOffset now)
    {
        try
        {
            await using var connection = await database.Connect();
            await using var transaction = await connection.BeginTransactionAsync();
            await PostgresMigrations.Apply(database, connection, now);
            await AgreeOnShards(database, connection, options.ShardCount);
            await MakeCluster(database, connection);
            var offset = await OrderingOffsetOf(database, connection);
            var fault = await TryMakePartitions(database, connection, transaction, now, options.PartitionsAhead);
            var incarnation = await InsertNode(database, connection, options, now);
            await transaction.CommitAsync();
            return new PostgresOpening(incarnation, offset, fault);
        }
        catch (Exception failure) when (PostgresFailure.Is(failure))
        {
            throw PostgresFailure.Explain(failure);
        }
    }

    /// <summary>The offset as it stands, for a reader.</summary>
    public static async Task<long> ReadOffset(PostgresDatabase database, NpgsqlConnection connection) =>
        await ReadMeta(database, connection, OffsetKey) is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : 0;

    /// <returns>Why it could not be done; null when it was.</returns>
    public static async Task<string?> TryMakePartitions(
        PostgresDatabase database, NpgsqlConnection connection, NpgsqlTransaction transaction, DateTimeOffset now, int ahead)
    {
        const string savepoint = "partitions";
        await transaction.SaveAsync(savepoint);
        try
        {
            await PostgresPartitions.MakeAhead(database, connection, now, ahead);
            return null;
        }
        catch (PostgresException failure) when (failure.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.LockNotAvailable)
        {
            await transaction.RollbackAsync(savepoint);
            return PostgresFailure.Describe(failure);
        }
    }

    public static async Task AgreeOnShards(PostgresDatabase database, NpgsqlConnection connection, int shardCount)
    {
        if (await ReadMeta(database, connection, ShardCountKey) is { } text)
        {
            if (int.Parse(text, CultureInfo.InvariantCulture) == shardCount) return;
            throw new StoreException(
                $"The database was made with {text} shards, and this node is set to {shardCount}. The number cannot be changed afterwards: set this node to {text}.");
        }

        await WriteMeta(database, connection, ShardCountKey, shardCount.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The rows of the shards and of the coordinator's lease, which are there for ever.</summary>
    private static async Task MakeCluster(PostgresDatabase database, NpgsqlConnection connection)
    {
        await using var make = database.Command(connection, PostgresSql.MakeCluster);
        await make.ExecuteNonQueryAsync();
    }

    /// <summary>Lifts the offset when the journal is ahead of the cluster's transactions: it was restored from a dump of an older cluster.</summary>
    private static async Task<long> OrderingOffsetOf(PostgresDatabase database, NpgsqlConnection connection)
    {
        var offset = await ReadOffset(database, connection);
        await using var command = database.Command(connection, Lead);
        var lead = await command.ExecuteScalarAsync() is long ahead ? ahead : long.MinValue;
        if (lead < offset) return offset;
        offset = lead + 1;
        await WriteMeta(database, connection, OffsetKey, offset.ToString(CultureInfo.InvariantCulture));
        return offset;
    }

    private static async Task<long> InsertNode(PostgresDatabase database, NpgsqlConnection connection, PostgresStoreOptions options, DateTimeOffset now)
    {
        await using var insert = database.Command(connection, PostgresSql.InsertNode);
        insert.Add(options.NodeName);
        insert.Add(options.Address);
        insert.Add(PostgresMigrations.ProgramVersion);
        insert.Add(now);
        return (long)(await insert.ExecuteScalarAsync())!;
    }

    private static async Task<string?> ReadMeta(PostgresDatabase database, NpgsqlConnection connection, string key)
    {
        await using var command = database.Command(connection, PostgresSql.ReadMeta);
        command.Add(key);
        return (string?)await command.ExecuteScalarAsync();
    }

    private static async Task WriteMeta(PostgresDatabase database, NpgsqlConnection connection, string key, string value)
    {
        await using var command = database.Command(connection, PostgresSql.WriteMeta);
        command.Add(key);
        command.Add(value);
        await command.ExecuteNonQueryAsync();
    }
}
