using Npgsql;
using NpgsqlTypes;

namespace Dispatcher.Store.Postgres;

/// <summary>Quota for callers that are no jobs, and reads of it. Jobs give their orders with their events.</summary>
public sealed partial class PostgresJobStore
{
    public ValueTask<(QuotaAccount Account, bool IsSet)> SetQuota(string tenant, string meter, QuotaPlan plan, bool renews, DateTimeOffset at) => Write(async (database, connection) =>
    {
        var isNew = await Open(database, connection, tenant, meter, plan, at);
        var account = (await ReadAccount(database, connection, PostgresSql.LockAccount, tenant, meter))!;
        var used = renews ? 0 : account.Used;
        if (used + account.Reserved > plan.Limit)
        {
            await using var expire = database.Command(connection, PostgresSql.ExpireQuota);
            expire.Add(tenant);
            expire.Add(meter);
            expire.Add(at);
            await expire.ExecuteNonQueryAsync();
            account = (await ReadAccount(database, connection, PostgresSql.ReadAccount, tenant, meter))!;
            if (used + account.Reserved > plan.Limit) return (account, false);
        }

        account = await SetPlan(database, connection, account, plan, renews, at);
        if (renews && !isNew) await NotePlan(database, connection, account, QuotaEntryKind.Renewed);
        await NotePlan(database, connection, account, QuotaEntryKind.Planned);
        return (account, true);
    });

    public ValueTask<bool> OpenQuota(string tenant, string meter, QuotaPlan plan, DateTimeOffset at) => Write(async (database, connection) =>
    {
        if (await ReadAccount(database, connection, PostgresSql.ReadAccount, tenant, meter) is not null) return true;
        await using var count = database.Command(connection, PostgresSql.CountAccounts);
        count.Add(tenant);
        if ((long)(await count.ExecuteScalarAsync())! >= IQuotaStore.OpenedLimit) return false;
        if (!await Open(database, connection, tenant, meter, plan, at)) return true;
        await NotePlan(database, connection, (await ReadAccount(database, connection, PostgresSql.ReadAccount, tenant, meter))!, QuotaEntryKind.Planned);
        return true;
    });

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
        return Write(async (database, connection) =>
        {
            await using var give = database.Command(connection, PostgresSql.GiveQuotaOrder);
            give.Add(QuotaWords.KindOf(order));
            give.Add(order.Tenant);
            give.Add(order.Meter);
            give.Add(order.Reservation);
            give.Add(QuotaWords.AmountOf(order));
            give.Add(QuotaWords.RawOf(order));
            give.Add((order as QuotaOrder.Reserve)?.ExpiresAt);
            give.Add(at);
            var outcome = (string)(await give.ExecuteScalarAsync())!;
            return await Result(database, connection, order, outcome);
        });
    }

    public ValueTask<int> ExpireHolds(DateTimeOffset at, int limit) => Write(async (database, connection) =>
    {
        var due = new List<(string Tenant, string Meter, long Holds)>();
        await using (var find = database.Command(connection, PostgresSql.DueAccounts))
        {
            find.Add(at);
            find.Add(limit);
            await using var rows = await find.ExecuteReaderAsync();
            while (await rows.ReadAsync()) due.Add((rows.GetString(0), rows.GetString(1), rows.GetInt64(2)));
        }

        foreach (var (tenant, meter, _) in due)
        {
            await ReadAccount(database, connection, PostgresSql.LockAccount, tenant, meter);
            await using var expire = database.Command(connection, PostgresSql.ExpireQuota);
            expire.Add(tenant);
            expire.Add(meter);
            expire.Add(at);
            await expire.ExecuteNonQueryAsync();
        }

        return (int)due.Sum(account => account.Holds);
    });

    public ValueTask<IReadOnlyList<QuotaEntry>> ListQuotaEntries(string tenant, string meter, long? before, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return Reader.ListQuotaEntries(tenant, meter, before, limit);
    }

    public ValueTask<IReadOnlyList<string>> CheckQuotas(int limit) => Reader.CheckQuotas(limit);

    private static async Task<QuotaResult> Result(PostgresDatabase database, NpgsqlConnection connection, QuotaOrder order, string outcome)
    {
        if (outcome == "missing") return QuotaResult.NotFound.Instance;
        var account = await ReadAccount(database, connection, PostgresSql.ReadAccount, order.Tenant, order.Meter);
        if (order is QuotaOrder.Reserve reserve && (outcome is "short" or "no-plan")) return new QuotaResult.Short(account?.ShortOf(reserve.Amount) ?? QuotaBook.NoPlan(reserve));
        var hold = (await ReadHold(database, connection, order))!;
        return outcome == "conflict" ? new QuotaResult.Conflict(hold) : new QuotaResult.Done(account!, hold, Changed: outcome == "done");
    }

    /// <returns>True if it was made.</returns>
    private static async Task<bool> Open(PostgresDatabase database, NpgsqlConnection connection, string tenant, string meter, QuotaPlan plan, DateTimeOffset at)
    {
        await using var insert = database.Command(connection, PostgresSql.InsertAccount);
        insert.Add(tenant);
        insert.Add(meter);
        insert.Add(plan.Name);
        insert.Add(plan.Limit);
        insert.Add(plan.Upgrade);
        insert.Add(at);
        return await insert.ExecuteNonQueryAsync() == 1;
    }

    private static async Task<QuotaAccount> SetPlan(PostgresDatabase database, NpgsqlConnection connection, QuotaAccount account, QuotaPlan plan, bool renews, DateTimeOffset at)
    {
        await using var set = database.Command(connection, PostgresSql.SetPlan);
        set.Add(account.Tenant);
        set.Add(account.Meter);
        set.Add(plan.Name);
        set.Add(plan.Limit);
        set.Add(plan.Upgrade);
        set.Add(renews, NpgsqlDbType.Boolean);
        set.Add(at);
        await using var row = await set.ExecuteReaderAsync();
        await row.ReadAsync();
        return PostgresReader.Account(row);
    }

    private static async Task NotePlan(PostgresDatabase database, NpgsqlConnection connection, QuotaAccount account, QuotaEntryKind kind)
    {
        await using var note = database.Command(connection, PostgresSql.NotePlan);
        note.Add(account.Tenant);
        note.Add(account.Meter);
        note.Add(Jobs.KebabCaseEnumConverter<QuotaEntryKind>.Text(kind));
        await note.ExecuteNonQueryAsync();
    }

    private static async Task<QuotaAccount?> ReadAccount(PostgresDatabase database, NpgsqlConnection connection, string sql, string tenant, string meter)
    {
        await using var read = database.Command(connection, sql);
        read.Add(tenant);
        read.Add(meter);
        await using var row = await read.ExecuteReaderAsync();
        return await row.ReadAsync() ? PostgresReader.Account(row) : null;
    }

    private static async Task<QuotaHold?> ReadHold(PostgresDatabase database, NpgsqlConnection connection, QuotaOrder order)
    {
        await using var read = database.Command(connection, PostgresSql.ReadHold);
        read.Add(order.Tenant);
        read.Add(order.Meter);
        read.Add(order.Reservation);
        await using var row = await read.ExecuteReaderAsync();
        return await row.ReadAsync() ? PostgresReader.Hold(row) : null;
    }
}
