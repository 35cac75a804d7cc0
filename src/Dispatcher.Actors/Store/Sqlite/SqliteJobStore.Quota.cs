namespace Dispatcher.Store.Sqlite;

/// <summary>Quota for callers that are no jobs, and reads of it. Jobs give their orders with their events.</summary>
public sealed partial class SqliteJobStore
{
    public ValueTask<(QuotaAccount Account, bool IsSet)> SetQuota(string tenant, string meter, QuotaPlan plan, DateTimeOffset at)
    {
        AppendValidation.Validate(plan);
        return Write((tenant, meter, plan, at), static (database, given) =>
        {
            var rows = new SqliteQuotaRows(database);
            var book = new QuotaBook(rows, StoredTime.Truncate(given.at));
            if (book.Plan(given.tenant, given.meter, given.plan) is not { } account) return (rows.FindAccount(given.tenant, given.meter)!, false);
            rows.Write(book);
            return (account, true);
        });
    }

    public ValueTask<bool> OpenQuota(string tenant, string meter, QuotaPlan plan, DateTimeOffset at)
    {
        AppendValidation.Validate(plan);
        return Write((tenant, meter, plan, at), static (database, given) =>
        {
            var rows = new SqliteQuotaRows(database);
            if (rows.FindAccount(given.tenant, given.meter) is not null) return true;
            if (rows.CountAccounts(given.tenant) >= IQuotaStore.OpenedLimit) return false;
            var book = new QuotaBook(rows, StoredTime.Truncate(given.at));
            book.Plan(given.tenant, given.meter, given.plan);
            rows.Write(book);
            return true;
        });
    }

    public ValueTask<QuotaAccount?> FindQuota(string tenant, string meter, DateTimeOffset at) =>
        _readers.Read((tenant, meter, at), static (reader, key) => reader.FindQuota(key.tenant, key.meter, key.at));

    public ValueTask<IReadOnlyList<QuotaAccount>> ListQuotas(string? tenant, (string Tenant, string Meter)? after, int limit, DateTimeOffset at)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return _readers.Read<(string? Tenant, (string, string)? After, int Limit, DateTimeOffset At), IReadOnlyList<QuotaAccount>>(
            (tenant, after, limit, at), static (reader, page) => reader.ListQuotas(page.Tenant, page.After, page.Limit, page.At));
    }

    public ValueTask<QuotaHold?> FindHold(string tenant, string meter, string reservation) =>
        _readers.Read((tenant, meter, reservation), static (reader, key) => reader.FindHold(key.tenant, key.meter, key.reservation));

    public ValueTask<QuotaResult> Give(QuotaOrder order, DateTimeOffset at)
    {
        AppendValidation.Validate(order);
        return Write((order, at), static (database, given) =>
        {
            var rows = new SqliteQuotaRows(database);
            var book = new QuotaBook(rows, StoredTime.Truncate(given.at));
            var result = book.Apply(given.order);
            if (result is QuotaResult.Done { Changed: true }) rows.Write(book);
            return result;
        });
    }

    public ValueTask<int> ExpireHolds(DateTimeOffset at, int limit) => Write((at, limit), static (database, given) =>
    {
        var rows = new SqliteQuotaRows(database);
        var book = new QuotaBook(rows, StoredTime.Truncate(given.at));
        var due = rows.DueHolds(given.at, given.limit);
        foreach (var hold in due) book.Expire(hold);
        rows.Write(book);
        return due.Count;
    });

    public ValueTask<IReadOnlyList<QuotaEntry>> ListQuotaEntries(string tenant, string meter, long? before, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return _readers.Read<(string Tenant, string Meter, long? Before, int Limit), IReadOnlyList<QuotaEntry>>(
            (tenant, meter, before, limit), static (reader, page) => reader.ListQuotaEntries(page.Tenant, page.Meter, page.Before, page.Limit));
    }

    public ValueTask<IReadOnlyList<string>> CheckQuotas(int limit) => _readers.Read<int, IReadOnlyList<string>>(limit, static (reader, limit) => reader.CheckQuotas(limit));
}
