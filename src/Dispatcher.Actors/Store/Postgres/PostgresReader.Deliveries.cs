using Dispatcher.Jobs;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>Callbacks.</summary>
internal sealed partial class PostgresReader
{
    public async ValueTask<IReadOnlyList<StoredDelivery>> ReadDueDeliveries(DateTimeOffset dueAt, (DateTimeOffset NextAt, long Id)? after, int limit, ShardSet? shards)
    {
        var query = Query(shards is null ? PostgresSql.DueDeliveries : PostgresSql.DueDeliveriesOfShards);
        query.Bind(dueAt)
            .Bind(after is { } cursor ? StoredTime.ToMicroseconds(cursor.NextAt) : long.MinValue)
            .Bind(after?.Id ?? 0L)
            .Bind((long)limit);
        if (shards is not null) query.Bind(NumbersOf(shards));
        return await Rows(query, Delivery);
    }

    public async ValueTask<DateTimeOffset?> NextDelivery() =>
        (await Rows(Query(PostgresSql.NextDelivery), static row => row.Time(0))) is [var next] ? next : null;

    public async ValueTask<IReadOnlyList<StoredDelivery>> ListDeliveries(string tenant, JobId? job, DeliveryStatus? status, long? before, int limit)
    {
        var query = Query(
            job is not null ? PostgresSql.DeliveriesOfJob : status is not null ? PostgresSql.DeliveriesInStatus : PostgresSql.DeliveriesOfTenant);
        query.Bind(tenant).Bind(before ?? long.MaxValue).Bind((long)limit);
        if (job is not null || status is not null) query.Bind(status?.ToText());
        if (job is { } id) query.Bind(id);
        return await Rows(query, Delivery);
    }

    private static StoredDelivery Delivery(NpgsqlDataReader row) =>
        new(
            row.GetInt64(0),
            row.GetString(1),
            row.Id(2),
            row.GetInt64(3),
            row.GetString(4),
            row.GetString(5),
            StoredText.Status<DeliveryStatus>(row.GetString(6)),
            row.GetInt32(7),
            row.Time(8),
            row.TimeOrNull(9),
            row.TimeOrNull(10),
            row.Int32OrNull(11),
            row.TextOrNull(12),
            StoredText.Status<JobStatus>(row.GetString(13)));
}
