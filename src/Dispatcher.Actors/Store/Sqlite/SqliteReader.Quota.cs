namespace Dispatcher.Store.Sqlite;

/// <summary>Accounts, holds and the ledger.</summary>
internal sealed partial class SqliteReader
{
    public QuotaAccount? FindQuota(string tenant, string meter, DateTimeOffset at)
    {
        var find = database.Statement(SqliteSql.FindAccountAt);
        find.Bind(1, tenant);
        find.Bind(2, meter);
        find.Bind(3, at);
        var account = find.Step() ? SqliteQuotaRows.Account(find) : null;
        find.Reset();
        return account;
    }

    public List<QuotaAccount> ListQuotas(string? tenant, (string Tenant, string Meter)? after, int limit, DateTimeOffset at)
    {
        var accounts = new List<QuotaAccount>();
        var list = database.Statement(tenant is null ? SqliteSql.ListAccountsAt : SqliteSql.ListAccountsOfTenantAt);
        list.Bind(1, tenant ?? after?.Tenant ?? "");
        list.Bind(2, after?.Meter ?? "");
        list.Bind(3, at);
        list.Bind(4, limit);
        while (list.Step()) accounts.Add(SqliteQuotaRows.Account(list));
        list.Reset();
        return accounts;
    }

    public QuotaHold? FindHold(string tenant, string meter, string reservation) => new SqliteQuotaRows(database).FindHold(tenant, meter, reservation);

    public List<QuotaEntry> ListQuotaEntries(string tenant, string meter, long? before, int limit)
    {
        var entries = new List<QuotaEntry>();
        var list = database.Statement(SqliteSql.ListEntries);
        list.Bind(1, tenant);
        list.Bind(2, meter);
        list.Bind(3, before ?? long.MaxValue);
        list.Bind(4, limit);
        while (list.Step()) entries.Add(SqliteQuotaRows.Entry(list));
        list.Reset();
        return entries;
    }

    public List<string> CheckQuotas(int limit)
    {
        var faults = new List<string>();
        var check = database.Statement(SqliteSql.CheckAccounts);
        check.Bind(1, limit);
        while (check.Step())
            faults.Add(QuotaSums.Fault(check.Text(0), check.Text(1), check.Int64(2), check.Int64(3), check.Int64(4), check.Int64(5), check.Int64(6), check.Int64(7)));
        check.Reset();
        return faults;
    }
}
