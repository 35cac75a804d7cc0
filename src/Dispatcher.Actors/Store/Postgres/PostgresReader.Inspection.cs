using System.Data;
using Dispatcher.Jobs;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>What a check of the whole store reads.</summary>
internal sealed partial class PostgresReader
{
    public async ValueTask<IReadOnlyList<JobId>> ReadJobIds(JobId? after, int limit)
    {
        var query = Query(PostgresSql.JobIdsInOrder);
        query.Bind(after ?? default).Bind((long)limit);
        return await Rows(query, static row => row.Id(0));
    }

    /// <summary>Several statements that see one state; the events last, so that they can be given as they arrive.</summary>
    public ValueTask<TResult> InspectJob<TResult>(JobId id, Func<StoredJob, IEnumerable<StoredEvent>, TResult> examine) =>
        database.Read(async (_, connection) =>
        {
            await using var state = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead);
            await using var batch = new NpgsqlBatch(connection, state);
            foreach (var sql in PartsOfAJob) batch.BatchCommands.Add(Query(sql).Bind(id));
            await using var reader = await batch.ExecuteReaderAsync();
            var job = await Inspected(id, reader);
            await reader.NextResultAsync();
            return examine(job, Events(reader));
        });

    public async ValueTask<IReadOnlyList<CountDifference>> CompareCounts() =>
        await Rows(
            Query(PostgresSql.CompareCounts),
            static row => new CountDifference(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4)));

    public async ValueTask<IReadOnlyList<StoredNode>> ReadNodes() =>
        await Rows(Query(PostgresSql.Nodes), static row => new StoredNode(row.GetInt64(0), row.Time(1), row.GetString(2)));

    public async ValueTask<IReadOnlyList<StrayRow>> ReadStrays(int limit)
    {
        var query = Query(PostgresSql.Strays);
        query.Bind((long)limit);
        return await Rows(query, static row => new StrayRow(row.GetString(0), row.Id(1)));
    }

    private static readonly string[] PartsOfAJob =
    [
        PostgresSql.JobAndItsEnd, PostgresSql.ReadSnapshot, PostgresSql.SendersOfMail, PostgresSql.WatchedWithStatus, PostgresSql.HasNameTerm,
        PostgresSql.AllEvents,
    ];

    private static async Task<StoredJob> Inspected(JobId id, NpgsqlDataReader reader)
    {
        var exists = await reader.ReadAsync();
        var (row, fault) = exists ? RowOrFault(reader) : (null, null);
        var end = exists ? reader.TimeOrNull(PostgresColumns.JobColumnCount) : null;

        await reader.NextResultAsync();
        EncodedSnapshot? snapshot = null;
        var sequenceNr = 0L;
        if (await reader.ReadAsync()) (sequenceNr, snapshot) = (reader.GetInt64(0), new EncodedSnapshot(reader.GetInt32(1), reader.Bytes(2)));

        var senders = await NextResult(reader, static row => row.Id(0));
        var watching = await NextResult(reader, static row => new StoredWatch(row.Id(0), row.GetString(1), KnownStatus(row.TextOrNull(2))));
        var hasTerm = (await NextResult(reader, static row => row.GetBoolean(0)))[0];
        return new StoredJob(id, row, fault, end, snapshot, sequenceNr, senders, watching, row is null || hasTerm);
    }

    private static (JobRow? Row, string? Fault) RowOrFault(NpgsqlDataReader reader)
    {
        try
        {
            return (reader.Job(), null);
        }
        catch (Exception failure) when (failure is not NpgsqlException)
        {
            return (null, failure.Message);
        }
    }

    private static JobStatus? KnownStatus(string? text) => text is not null && KebabCaseEnumConverter<JobStatus>.TryParse(text, out var known) ? known : null;

    private static async Task<List<T>> NextResult<T>(NpgsqlDataReader reader, Func<NpgsqlDataReader, T> decode)
    {
        await reader.NextResultAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync()) rows.Add(decode(reader));
        return rows;
    }

    /// <summary>As they arrive: the examiner is not asynchronous, and a long job needs no memory.</summary>
    private static IEnumerable<StoredEvent> Events(NpgsqlDataReader reader)
    {
        while (reader.Read()) yield return reader.Event();
    }
}
