using Dispatcher.Jobs;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>The journal as a whole, up to the oldest transaction that still runs.</summary>
public sealed partial class PostgresJobStore
{
    private static readonly string ReadJournalSql =
        $$"""
        SELECT ordering, journal.job_id, sequence_nr, type, at, payload, tenant, workflow_name, correlation_id
        FROM {schema}.journal LEFT JOIN {schema}.jobs ON jobs.job_id = journal.job_id
        WHERE ordering > $1 AND ordering < {{PostgresOrdering.Horizon("$3")}} ORDER BY ordering LIMIT $2
        """;

    private static readonly string LastOrderingSql =
        $$"""
        SELECT ordering FROM {schema}.journal WHERE ordering < {{PostgresOrdering.Horizon("$1")}} ORDER BY ordering DESC LIMIT 1
        """;

    /// <inheritdoc/>
    /// <remarks>
    /// What was committed is left out for as long as an older transaction of the cluster still runs, another schema's too: it may come to lie before it.
    /// </remarks>
    /// <exception cref="StoreException">It could not be read.</exception>
    public ValueTask<JournalPage> ReadJournal(long afterOrdering, string? tenant, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return _database.Read((database, connection) => ReadJournal(database, connection, afterOrdering, tenant, limit));
    }

    /// <summary>The place up to which <see cref="ReadJournal(long, string?, int)"/> would read now.</summary>
    /// <exception cref="StoreException">It could not be read.</exception>
    public ValueTask<long> LastOrdering() => _database.Read(async (database, connection) =>
    {
        await using var command = database.Command(connection, LastOrderingSql);
        command.Add(_orderingOffset);
        return await command.ExecuteScalarAsync() is long last ? last : 0;
    });

    private async Task<JournalPage> ReadJournal(PostgresDatabase database, NpgsqlConnection connection, long afterOrdering, string? tenant, int limit)
    {
        await using var command = database.Command(connection, ReadJournalSql);
        command.Add(afterOrdering);
        command.Add(limit);
        command.Add(_orderingOffset);
        var entries = new List<JournalEntry>();
        var addresses = new Dictionary<JobId, JobAddress>();
        var next = afterOrdering;
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            next = reader.GetInt64(0);
            var id = new JobId(reader.GetGuid(1));
            if (!addresses.TryGetValue(id, out var address)) addresses.Add(id, address = Address(reader));
            if (tenant is null || string.Equals(tenant, address.Tenant, StringComparison.Ordinal)) entries.Add(Entry(reader, id, address));
        }

        return new JournalPage(entries, next);
    }

    private static JobAddress Address(NpgsqlDataReader reader) =>
        reader.IsDBNull(6) ? JobAddress.Unknown : new JobAddress(reader.GetString(6), reader.GetString(7), reader.IsDBNull(8) ? null : reader.GetString(8));

    private static JournalEntry Entry(NpgsqlDataReader reader, JobId id, JobAddress address) => new(
        reader.GetInt64(0), id, reader.GetInt64(2), address, string.Intern(reader.GetString(3)),
        StoredTime.FromMicroseconds(reader.GetInt64(4)), reader.GetFieldValue<byte[]>(5));
}
