using Dispatcher.Jobs;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>Callbacks that wait to be sent, and those that were.</summary>
public sealed partial class PostgresJobStore
{
    public ValueTask<IReadOnlyList<StoredDelivery>> ReadDueDeliveries(DateTimeOffset dueAt, (DateTimeOffset NextAt, long Id)? after, int limit, ShardSet? shards = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return Reader.ReadDueDeliveries(dueAt, after, limit, shards);
    }

    public ValueTask<DateTimeOffset?> NextDelivery() => Reader.NextDelivery();

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public async ValueTask RecordAttempts(IReadOnlyList<DeliveryAttempt> attempts)
    {
        foreach (var attempt in attempts) AppendValidation.Validate(attempt);
        if (attempts.Count == 0) return;
        await Write(async (database, connection) =>
        {
            await using var batch = new NpgsqlBatch(connection);
            // In one order, whoever else records: so two that meet wait for each other and never in a ring. Those of one delivery stay in theirs.
            foreach (var attempt in attempts.OrderBy(attempt => attempt.DeliveryId)) batch.BatchCommands.Add(Record(database, attempt));
            return await batch.ExecuteNonQueryAsync();
        });
    }

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<bool> ReplayDelivery(string tenant, long id, DateTimeOffset now) => Write(async (database, connection) =>
    {
        await using var replay = database.Command(connection, PostgresSql.ReplayDelivery);
        replay.Add(id);
        replay.Add(tenant);
        replay.Add(now);
        if (await replay.ExecuteNonQueryAsync() == 1) return true;

        await using var find = database.Command(connection, PostgresSql.DeliveryExists);
        find.Add(id);
        find.Add(tenant);
        return await find.ExecuteScalarAsync() is not null;
    });

    public ValueTask<IReadOnlyList<StoredDelivery>> ListDeliveries(string tenant, JobId? job, DeliveryStatus? status, long? before, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return Reader.ListDeliveries(tenant, job, status, before, limit);
    }

    private static NpgsqlBatchCommand Record(PostgresDatabase database, DeliveryAttempt attempt)
    {
        var record = new NpgsqlBatchCommand(database.Sql(attempt.IsCounted ? PostgresSql.RecordAttempt : PostgresSql.RecordNoAttempt));
        record.Bind(attempt.DeliveryId).Bind(attempt.Status.ToText()).Bind(attempt.NextAt);
        return attempt.IsCounted ? record.Bind(attempt.At).BindInteger(attempt.StatusCode).Bind(attempt.Error) : record.Bind(attempt.Error);
    }
}
