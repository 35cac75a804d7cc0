using Dispatcher.Jobs;

namespace Dispatcher.Store.Sqlite;

/// <summary>Callbacks.</summary>
internal sealed partial class SqliteReader
{
    /// <summary>As with due jobs, those of other shards are passed over.</summary>
    public List<StoredDelivery> ReadDueDeliveries(DateTimeOffset dueAt, (DateTimeOffset NextAt, long Id)? after, int limit, ShardSet? shards)
    {
        var statement = database.Statement(SqliteSql.DueDeliveries);
        statement.Bind(1, dueAt);
        statement.Bind(2, after is { } cursor ? StoredTime.ToMicroseconds(cursor.NextAt) : long.MinValue);
        statement.Bind(3, after?.Id ?? 0);
        statement.Bind(4, shards is null ? limit : -1);
        var due = Deliveries(statement);
        return shards is null ? due : [.. due.Where(delivery => shards.Contains(delivery.JobId)).Take(limit)];
    }

    public DateTimeOffset? NextDelivery()
    {
        var statement = database.Statement(SqliteSql.NextDelivery);
        statement.Step();
        var next = statement.TimeOrNull(0);
        statement.Reset();
        return next;
    }

    public List<StoredDelivery> ListDeliveries(string tenant, JobId? job, DeliveryStatus? status, long? before, int limit)
    {
        var statement = database.Statement(
            job is not null ? SqliteSql.DeliveriesOfJob : status is not null ? SqliteSql.DeliveriesInStatus : SqliteSql.DeliveriesOfTenant);
        statement.Bind(1, tenant);
        statement.Bind(2, before ?? long.MaxValue);
        statement.Bind(3, limit);
        if (job is not null || status is not null) statement.Bind(4, status?.ToText());
        if (job is { } id) statement.Bind(5, id);
        return Deliveries(statement);
    }

    private static List<StoredDelivery> Deliveries(SqliteStatement statement)
    {
        var deliveries = new List<StoredDelivery>();
        while (statement.Step())
        {
            deliveries.Add(new StoredDelivery(
                statement.Int64(0),
                statement.Text(1),
                statement.Id(2),
                statement.Int64(3),
                statement.Text(4),
                statement.Text(5),
                StoredText.Status<DeliveryStatus>(statement.Text(6)),
                (int)statement.Int64(7),
                statement.Time(8),
                statement.TimeOrNull(9),
                statement.TimeOrNull(10),
                statement.IsNull(11) ? null : (int)statement.Int64(11),
                statement.TextOrNull(12),
                StoredText.Status<JobStatus>(statement.Text(13))));
        }

        statement.Reset();
        return deliveries;
    }
}
