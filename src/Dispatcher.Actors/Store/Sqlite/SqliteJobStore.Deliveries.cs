using Dispatcher.Jobs;

namespace Dispatcher.Store.Sqlite;

/// <summary>Callbacks that wait to be sent, and those that were.</summary>
public sealed partial class SqliteJobStore
{
    public ValueTask<IReadOnlyList<StoredDelivery>> ReadDueDeliveries(DateTimeOffset dueAt, (DateTimeOffset NextAt, long Id)? after, int limit, ShardSet? shards = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return _readers.Read<(DateTimeOffset DueAt, (DateTimeOffset, long)? After, int Limit, ShardSet? Shards), IReadOnlyList<StoredDelivery>>(
            (dueAt, after, limit, shards), static (reader, page) => reader.ReadDueDeliveries(page.DueAt, page.After, page.Limit, page.Shards));
    }

    public ValueTask<DateTimeOffset?> NextDelivery() => _readers.Read(0, static (reader, _) => reader.NextDelivery());

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public async ValueTask RecordAttempts(IReadOnlyList<DeliveryAttempt> attempts)
    {
        foreach (var attempt in attempts) AppendValidation.Validate(attempt);
        await Write(attempts, static (database, attempts) =>
        {
            foreach (var attempt in attempts) Record(database, attempt);
            return true;
        });
    }

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<bool> ReplayDelivery(string tenant, long id, DateTimeOffset now) => Write((tenant, id, now), static (database, given) =>
    {
        var replay = database.Statement(SqliteSql.ReplayDelivery);
        replay.Bind(1, given.id);
        replay.Bind(2, given.tenant);
        replay.Bind(3, given.now);
        replay.Run();
        if (database.ChangedRows == 1) return true;

        var find = database.Statement(SqliteSql.DeliveryExists);
        find.Bind(1, given.id);
        find.Bind(2, given.tenant);
        var exists = find.Step();
        find.Reset();
        return exists;
    });

    public ValueTask<IReadOnlyList<StoredDelivery>> ListDeliveries(string tenant, JobId? job, DeliveryStatus? status, long? before, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return _readers.Read<(string Tenant, JobId? Job, DeliveryStatus? Status, long? Before, int Limit), IReadOnlyList<StoredDelivery>>(
            (tenant, job, status, before, limit), static (reader, page) => reader.ListDeliveries(page.Tenant, page.Job, page.Status, page.Before, page.Limit));
    }

    private static void Record(SqliteDatabase database, DeliveryAttempt attempt)
    {
        var record = database.Statement(attempt.IsCounted ? SqliteSql.RecordAttempt : SqliteSql.RecordNoAttempt);
        record.Bind(1, attempt.DeliveryId);
        record.Bind(2, attempt.Status.ToText());
        record.Bind(3, attempt.NextAt);
        if (!attempt.IsCounted)
        {
            record.Bind(4, attempt.Error);
            record.Run();
            return;
        }

        record.Bind(4, attempt.At);
        if (attempt.StatusCode is { } code) record.Bind(5, code);
        else record.BindNull(5);
        record.Bind(6, attempt.Error);
        record.Run();
    }
}
