using Dispatcher.Jobs;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>The journal as a whole, up to the oldest transaction that still runs.</summary>
public sealed partial class PostgresJobStore
{
    /// <summary>For tests that count how often the journal is looked at for those who listen.</summary>
    internal PostgresJournalTail? Tail { get; }

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

    /// <summary>The place up to which <see cref="ReadJournal(long, string?, int)"/> would read now. Not before what listeners will be told begins.</summary>
    /// <exception cref="StoreException">It could not be read.</exception>
    public async ValueTask<long> LastOrdering()
    {
        if (Tail is not null) await Tail.WhenBegun();
        return await ReadLastOrdering();
    }

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be read.</exception>
    public ValueTask<bool> HasMoreThan(long afterOrdering, int events) => _database.Read(async (database, connection) =>
    {
        await using var command = database.Command(connection, PostgresSql.HasMoreThan);
        command.Add(afterOrdering);
        command.Add((long)events);
        command.Add(_orderingOffset);
        return await command.ExecuteScalarAsync() is true;
    });

    /// <summary>As the contract says, of all nodes; a listener that throws is logged and harms nobody.</summary>
    /// <exception cref="InvalidOperationException">The store was opened for reading only.</exception>
    public IDisposable Listen(IJournalListener listener) => Tail?.Add(listener) ?? throw ReadOnly();

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The store was opened for reading only: it commits nothing that could be heard.</exception>
    public IDisposable ListenToOwn(IJournalListener listener) => Writer().Listen(listener);

    /// <inheritdoc/>
    public void JournalMoved(long? head) => Tail?.JournalMoved(head);

    private ValueTask<long> ReadLastOrdering() => _database.Read(async (database, connection) =>
    {
        await using var command = database.Command(connection, PostgresSql.LastOrdering);
        command.Add(_orderingOffset);
        return await command.ExecuteScalarAsync() is long last ? last : 0;
    });

    private async Task<JournalPage> ReadJournal(PostgresDatabase database, NpgsqlConnection connection, long afterOrdering, string? tenant, int limit)
    {
        await using var command = database.Command(connection, PostgresSql.ReadJournal);
        command.Add(afterOrdering);
        command.Add((long)limit);
        command.Add(_orderingOffset);
        var entries = new List<JournalEntry>();
        var addresses = new Dictionary<JobId, JobAddress>();
        var (next, rows) = (afterOrdering, 0);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows++;
            next = reader.GetInt64(0);
            var id = reader.Id(1);
            if (!addresses.TryGetValue(id, out var address)) addresses.Add(id, address = reader.Address());
            if (tenant is null || string.Equals(tenant, address.Tenant, StringComparison.Ordinal)) entries.Add(Entry(reader, id, address));
        }

        return new JournalPage(entries, next, IsLast: rows < limit);
    }

    private static JournalEntry Entry(NpgsqlDataReader row, JobId id, JobAddress address) =>
        new(row.GetInt64(0), id, row.GetInt64(2), address, string.Intern(row.GetString(3)), row.Time(4), row.Bytes(5));
}
