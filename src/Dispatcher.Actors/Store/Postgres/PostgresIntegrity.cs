using System.Data;
using Npgsql;
using NpgsqlTypes;

namespace Dispatcher.Store.Postgres;

/// <summary>Asks the server whether its files are whole.</summary>
internal sealed class PostgresIntegrity(PostgresDatabase database)
{
    /// <param name="quick">Leaves out whether each index has all rows of its table.</param>
    public async ValueTask<IntegrityCheck> Check(bool quick, int limit)
    {
        var (faults, checker, indexes) = await database.Read(async (_, connection) =>
            (await BrokenBlocks(connection), await Scalar(connection, PostgresSql.IndexChecker), await Indexes(connection)));
        foreach (var index in indexes)
        {
            if (faults.Count >= limit) break;
            if (!index.IsComplete) faults.Add($"the index {index.Name} was never finished; run REINDEX INDEX {database.Schema}.{index.Name}");
            else if (checker is not null && await FaultOf(checker, index, !quick) is { } fault) faults.Add(fault);
        }

        return new IntegrityCheck(faults, LookedIntoIndexes: checker is not null);
    }

    private static async Task<List<string>> BrokenBlocks(NpgsqlConnection connection)
    {
        await using var checksums = new NpgsqlCommand(PostgresSql.ChecksumFailures, connection);
        return await checksums.ExecuteScalarAsync() is long failures and > 0
            ? [$"the server has met {failures} damaged blocks in this database (pg_stat_database.checksum_failures); look into its log, and restore a backup"]
            : [];
    }

    private async Task<List<Index>> Indexes(NpgsqlConnection connection)
    {
        await using var find = database.Command(connection, PostgresSql.Indexes);
        await using var reader = await find.ExecuteReaderAsync();
        var indexes = new List<Index>();
        while (await reader.ReadAsync()) indexes.Add(new Index(reader.GetFieldValue<uint>(0), reader.GetString(1), reader.GetBoolean(2)));
        return indexes;
    }

    /// <summary>Null when it is whole. Over a connection of its own: the driver takes damage for a reason to give one up.</summary>
    private ValueTask<string?> FaultOf(string checker, Index index, bool withTable) => database.Read(async (_, connection) =>
    {
        await using var check = new NpgsqlCommand(PostgresSql.CheckIndex(checker), connection);
        check.Add(index.Id, NpgsqlDbType.Oid);
        check.Add(withTable, NpgsqlDbType.Boolean);
        // A large index takes its time, and nobody waits for it but who asked.
        check.CommandTimeout = 0;
        try
        {
            await check.ExecuteNonQueryAsync();
            return null;
        }
        catch (PostgresException damage) when (damage.SqlState is PostgresErrorCodes.IndexCorrupted or PostgresErrorCodes.DataCorrupted)
        {
            // Npgsql takes damage for the end of the connection.
            if (connection.State != ConnectionState.Open)
            {
                await connection.CloseAsync();
                await connection.OpenAsync();
            }

            return $"the index {index.Name} is damaged: {damage.MessageText}";
        }
    });

    private static async Task<string?> Scalar(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (string?)await command.ExecuteScalarAsync();
    }

    private sealed record Index(uint Id, string Name, bool IsComplete);
}

/// <summary>What a check of the files found.</summary>
/// <param name="LookedIntoIndexes">False when the server has no means for it.</param>
internal sealed record IntegrityCheck(IReadOnlyList<string> Faults, bool LookedIntoIndexes);
