using Dispatcher.Jobs;
using Npgsql;
using NpgsqlTypes;

namespace Dispatcher.Store.Postgres;

/// <summary>Drops partitions of the journal that are over and empty.</summary>
/// <remarks>
/// Whether a partition is empty is asked once more under a lock that keeps every writer out, so that nothing can come in between. The lock is given up when it
/// is not had at once: whoever waits for it would hold up the whole journal behind itself. The next deletion tries again.
/// </remarks>
internal static class PostgresPartitionDrop
{
    private const string LongestWait = "100ms";

    /// <summary>Of these tables the names of those that hold a span of time which is over.</summary>
    public static async ValueTask<IReadOnlyList<string>> FindOver(PostgresDatabase database, uint[] partitions, DateTimeOffset now) =>
        partitions.Length == 0 ? [] : await database.Read(async (_, connection) =>
        {
            await using var find = database.Command(connection, PostgresSql.PartitionEnds);
            find.Add(partitions, NpgsqlDbType.Array | NpgsqlDbType.Oid);
            await using var reader = await find.ExecuteReaderAsync();
            var names = new List<string>();
            while (await reader.ReadAsync())
                if (reader.TextOrNull(1) is { } end && JobId.Parse(end).CompareTo(JobIdRange.FirstMadeAt(now)) <= 0) names.Add(reader.GetString(0));
            return (IReadOnlyList<string>)names;
        });

    /// <summary>True when it was empty and is gone.</summary>
    public static ValueTask<bool> DropIfEmpty(PostgresDatabase database, string partition) => database.Read(async (_, connection) =>
    {
        if (await HasRows(connection, partition)) return false;
        await using var transaction = await connection.BeginTransactionAsync();
        try
        {
            await Execute(connection, $"SET LOCAL lock_timeout = '{LongestWait}'");
            await Execute(connection, PostgresSql.LockForDrop(database.Schema, partition));
            if (await HasRows(connection, partition)) return false;
            await Execute(connection, PostgresSql.DropPartition(partition));
            await transaction.CommitAsync();
            return true;
        }
        catch (PostgresException refusal) when (MayStay(refusal.SqlState))
        {
            return false;
        }
    });

    /// <summary>In use, or dropped by another node, or not this role's to drop: an empty partition costs next to nothing.</summary>
    private static bool MayStay(string state) => state is
        PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.InsufficientPrivilege;

    private static async Task<bool> HasRows(NpgsqlConnection connection, string partition)
    {
        await using var find = new NpgsqlCommand(PostgresSql.AnyRowOf(partition), connection);
        return await find.ExecuteScalarAsync() is not null;
    }

    private static async Task Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
