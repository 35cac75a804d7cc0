using Dispatcher.Jobs;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>
/// Quota for callers that are no jobs, and reads of it. Jobs give their orders with their events. One round trip and one transaction each, so no account is locked while
/// anybody waits for this process.
/// </summary>
public sealed partial class PostgresJobStore
{
    public ValueTask<(QuotaAccount Account, bool IsSet)> SetQuota(string tenant, string meter, QuotaPlan plan, DateTimeOffset at)
    {
        AppendValidation.Validate(plan);
        return Order(
            (database, batch) =>
            {
                batch.Add(database, PostgresSql.SetQuota).Bind(Incarnation).Bind(tenant).Bind(meter).Bind(plan.Name).Bind(plan.Limit).Bind(plan.Upgrade).Bind(plan.Period).Bind(at);
                batch.Add(database, PostgresSql.ReadAccount).Bind(tenant).Bind(meter);
            },
            static async row =>
            {
                if (await row.IsDBNullAsync(0)) throw Fenced();
                var isSet = row.GetBoolean(0);
                await row.NextResultAsync();
                await row.ReadAsync();
                return (PostgresReader.Account(row), isSet);
            });
    }

    public ValueTask<bool> OpenQuota(string tenant, string meter, QuotaPlan plan, DateTimeOffset at)
    {
        AppendValidation.Validate(plan);
        return Order(
            (database, batch) => batch.Add(database, PostgresSql.OpenQuota)
                .Bind(Incarnation).Bind(tenant).Bind(meter).Bind(plan.Name).Bind(plan.Limit).Bind(plan.Upgrade).Bind(at).Bind(IQuotaStore.OpenedLimit),
            static async row => await row.IsDBNullAsync(0) ? throw Fenced() : row.GetBoolean(0));
    }

    public ValueTask<QuotaAccount?> FindQuota(string tenant, string meter, DateTimeOffset at) => Reader.FindQuota(tenant, meter, at);

    public ValueTask<IReadOnlyList<QuotaAccount>> ListQuotas(string? tenant, (string Tenant, string Meter)? after, int limit, DateTimeOffset at)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return Reader.ListQuotas(tenant, after, limit, at);
    }

    public ValueTask<QuotaHold?> FindHold(string tenant, string meter, string reservation) => Reader.FindHold(tenant, meter, reservation);

    public ValueTask<QuotaResult> Give(QuotaOrder order, DateTimeOffset at)
    {
        AppendValidation.Validate(order);
        return Order(
            (database, batch) =>
            {
                batch.Add(database, PostgresSql.GiveQuota)
                    .Bind(Incarnation).Bind(QuotaWords.KindOf(order)).Bind(order.Tenant).Bind(order.Meter).Bind(order.Reservation).Bind(QuotaWords.AmountOf(order))
                    .Bind(QuotaWords.RawOf(order)).Bind((order as QuotaOrder.Reserve)?.ExpiresAt).Bind(at);
                batch.Add(database, PostgresSql.ReadAccount).Bind(order.Tenant).Bind(order.Meter);
                batch.Add(database, PostgresSql.ReadHold).Bind(order.Tenant).Bind(order.Meter).Bind(order.Reservation);
            },
            row => Result(order, row));
    }

    public ValueTask<int> ExpireHolds(DateTimeOffset at, int limit) => Order(
        (database, batch) => batch.Add(database, PostgresSql.ExpireQuotas).Bind(Incarnation).Bind(at).Bind(limit),
        static async row => await row.IsDBNullAsync(0) ? throw Fenced() : row.GetInt32(0));

    public ValueTask<IReadOnlyList<QuotaEntry>> ListQuotaEntries(string tenant, string meter, long? before, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return Reader.ListQuotaEntries(tenant, meter, before, limit);
    }

    public ValueTask<IReadOnlyList<string>> CheckQuotas(int limit) => Reader.CheckQuotas(limit);

    private static async Task<QuotaResult> Result(QuotaOrder order, NpgsqlDataReader row)
    {
        var outcome = row.GetString(0);
        await row.NextResultAsync();
        var account = await row.ReadAsync() ? PostgresReader.Account(row) : null;
        await row.NextResultAsync();
        var hold = await row.ReadAsync() ? PostgresReader.Hold(row) : null;
        return outcome switch
        {
            "fenced" => throw Fenced(),
            "missing" => QuotaResult.NotFound.Instance,
            "short" or "no-plan" when order is QuotaOrder.Reserve reserve => new QuotaResult.Short(account?.ShortOf(reserve.Amount) ?? QuotaShortage.NoPlan(reserve.Meter, reserve.Amount)),
            "conflict" => new QuotaResult.Conflict(hold!),
            _ => new QuotaResult.Done(account!, hold!, Changed: outcome == "done"),
        };
    }

    private static StoreException Fenced() => new("This process has lost its right to write: it was declared dead, and its jobs belong to others now. Start it again.");

    /// <summary>All statements of a batch are one transaction. They have their effect once, so they may be given again when the connection breaks.</summary>
    private ValueTask<TResult> Order<TResult>(Action<PostgresDatabase, NpgsqlBatch> fill, Func<NpgsqlDataReader, Task<TResult>> read)
    {
        if (_writer is null) throw ReadOnly();
        return _database.Read(
            async (database, connection) =>
            {
                await using var batch = new NpgsqlBatch(connection);
                fill(database, batch);
                await using var row = await batch.ExecuteReaderAsync();
                await row.ReadAsync();
                return await read(row);
            });
    }
}

/// <summary>Statements of a batch.</summary>
internal static class PostgresBatchStatements
{
    public static NpgsqlBatchCommand Add(this NpgsqlBatch batch, PostgresDatabase database, string statement)
    {
        var command = new NpgsqlBatchCommand(database.Sql(statement));
        batch.BatchCommands.Add(command);
        return command;
    }
}
