using Dispatcher.Jobs;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>
/// The queries. Each is one statement, so it sees one state, and one round trip.
/// </summary>
/// <param name="shardCount">Of how many shards the database's jobs are.</param>
internal sealed partial class PostgresReader(PostgresDatabase database, int shardCount)
{
    private readonly int[] _allShards = [.. Enumerable.Range(0, shardCount)];

    public async ValueTask<JobHistory?> ReadHistory(JobId id)
    {
        var query = Query(PostgresSql.ReadHistory);
        query.Bind(id);
        var histories = await Fold(query, static () => new PostgresHistories(), static (histories, row) => histories.Add(row));
        return histories.One();
    }

    public async ValueTask<IReadOnlyList<JobHistory?>> ReadHistories(IReadOnlyList<JobId> ids)
    {
        var query = Query(PostgresSql.ReadHistories);
        query.Bind(ids);
        var histories = await Fold(query, static () => new PostgresHistories(), static (histories, row) => histories.Add(row));
        return histories.All();
    }

    public async ValueTask<IReadOnlyList<StoredEvent>> ReadEvents(JobId id, long afterSequenceNr, int limit)
    {
        var query = Query(PostgresSql.ReadEvents);
        query.Bind(id).Bind(afterSequenceNr).Bind((long)limit);
        return await Rows(query, static row => row.Event());
    }

    public async ValueTask<IReadOnlyList<DueJob>> ReadDue(DateTimeOffset dueAt, DueCursor? after, int limit, ShardSet? shards)
    {
        var query = Query(PostgresSql.ReadDue);
        query.Bind(NumbersOf(shards))
            .Bind(dueAt)
            .Bind(after is null ? long.MinValue : StoredTime.ToMicroseconds(after.WakeAt))
            .Bind(after?.Id ?? default)
            .Bind((long)limit);
        var histories = await Fold(query, static () => new PostgresHistories(), static (histories, row) => histories.Add(row));
        return histories.Due();
    }

    public async ValueTask<DateTimeOffset?> NextWakeUp(DateTimeOffset after, ShardSet? shards)
    {
        var query = Query(PostgresSql.NextWakeUp);
        query.Bind(NumbersOf(shards)).Bind(after);
        return (await Rows(query, static row => row.TimeOrNull(0)))[0];
    }

    public async ValueTask<JobRow?> FindJob(JobId id)
    {
        var query = Query(PostgresSql.FindJob);
        query.Bind(id);
        return (await Rows(query, static row => row.Job())) is [var found] ? found : null;
    }

    public async ValueTask<JobId?> FindHolder(Claim claim)
    {
        var query = Query(PostgresSql.FindHolder);
        query.Bind(PostgresText.Clean(claim.Kind)).Bind(PostgresText.Clean(claim.Key));
        return (await Rows(query, static row => new JobId(row.GetGuid(0)))) is [var holder] ? holder : null;
    }

    public async ValueTask<IReadOnlyList<JobId?>> FindHolders(IReadOnlyList<Claim> claims)
    {
        var query = Query(PostgresSql.FindHolders);
        query.Bind([.. claims.Select(claim => PostgresText.Clean(claim.Kind))]).Bind([.. claims.Select(claim => PostgresText.Clean(claim.Key))]);
        var holders = new JobId?[claims.Count];
        foreach (var (place, holder) in await Rows(query, static row => (row.GetInt64(0), new JobId(row.GetGuid(1))))) holders[place - 1] = holder;
        return holders;
    }

    public async ValueTask<IReadOnlyList<JobRow>> FindJobs(IReadOnlyList<JobId> ids)
    {
        var query = Query(PostgresSql.FindJobs);
        query.Bind(ids);
        return await Rows(query, static row => row.Job());
    }

    public async ValueTask<IReadOnlyList<JobRow?>> FindNewest(IReadOnlyList<NewestJobQuery> queries)
    {
        var query = Query(PostgresSql.FindNewest);
        query.Bind([.. queries.Select(asked => asked.Tenant)])
            .Bind([.. queries.Select(asked => asked.Term)])
            .Bind([.. queries.Select(asked => asked.Label)])
            .Bind([.. queries.Select(asked => asked.Value)])
            .Bind([.. queries.Select(asked => asked.Status?.ToText() ?? "")])
            .Bind([.. queries.Select(asked => asked.ChangedAfter is { } time ? StoredTime.ToMicroseconds(time) : long.MinValue)])
            .Bind((long)NewestJobQuery.ScanLimit);
        var found = new JobRow?[queries.Count];
        foreach (var (number, row) in await Rows(query, static row => (row.GetInt64(0), row.Job(1)))) found[number - 1] = row;
        return found;
    }

    public async ValueTask<IReadOnlyList<InboxMessage>> ReadInbox(JobId id)
    {
        var query = Query(PostgresSql.ReadInbox);
        query.Bind(id);
        return await Rows(
            query,
            row => new InboxMessage(row.GetInt64(0), id, row.Id(1), row.GetString(2), StoredText.Status<JobStatus>(row.GetString(3)), row.Bytes(4)));
    }

    public async ValueTask<IReadOnlyList<WatchEdge>> ReadWatches(JobId id, int limit)
    {
        var query = Query(PostgresSql.ReadWatches);
        query.Bind(id).Bind((long)limit);
        return await Rows(query, static row => new WatchEdge(row.Id(0), row.Id(1), row.GetString(2)));
    }

    /// <exception cref="ArgumentException">The shards are some of another number than the database's.</exception>
    private int[] NumbersOf(ShardSet? shards)
    {
        if (shards is null) return _allShards;
        if (shards.ShardCount != shardCount)
            throw new ArgumentException($"The database has {shardCount} shards, and these are {shards}.", nameof(shards));
        return [.. shards.Shards];
    }

    private Task<List<T>> Rows<T>(NpgsqlBatchCommand query, Func<NpgsqlDataReader, T> decode) =>
        Fold(query, static () => new List<T>(), (rows, row) => rows.Add(decode(row)));

    private NpgsqlBatchCommand Query(string sql) => new(database.Sql(sql));

    private async Task<T> Fold<T>(NpgsqlBatchCommand query, Func<T> seed, Action<T, NpgsqlDataReader> add) =>
        await database.Read(async (_, connection) =>
        {
            var result = seed();
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(new NpgsqlBatchCommand(PostgresSql.WalkIndexes));
            batch.BatchCommands.Add(query);
            await using var reader = await batch.ExecuteReaderAsync();
            await reader.NextResultAsync();
            while (await reader.ReadAsync()) add(result, reader);
            return result;
        });
}
