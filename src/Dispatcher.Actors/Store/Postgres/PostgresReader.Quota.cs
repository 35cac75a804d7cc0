using System.Globalization;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>Accounts, holds and the ledger.</summary>
internal sealed partial class PostgresReader
{
    public async ValueTask<QuotaAccount?> FindQuota(string tenant, string meter, DateTimeOffset at)
    {
        var query = Query(PostgresSql.FindAccountAt);
        query.Bind(tenant).Bind(meter).Bind(at);
        return (await Rows(query, Account)) is [var found] ? found : null;
    }

    public async ValueTask<IReadOnlyList<QuotaAccount>> ListQuotas(string? tenant, (string Tenant, string Meter)? after, int limit, DateTimeOffset at)
    {
        var query = Query(tenant is null ? PostgresSql.ListAccountsAt : PostgresSql.ListAccountsOfTenantAt);
        query.Bind(tenant ?? after?.Tenant ?? "").Bind(after?.Meter ?? "").Bind(at).Bind((long)limit);
        return await Rows(query, Account);
    }

    public async ValueTask<QuotaHold?> FindHold(string tenant, string meter, string reservation)
    {
        var query = Query(PostgresSql.ReadHold);
        query.Bind(tenant).Bind(meter).Bind(reservation);
        return (await Rows(query, Hold)) is [var found] ? found : null;
    }

    public async ValueTask<IReadOnlyList<QuotaEntry>> ListQuotaEntries(string tenant, string meter, long? before, int limit)
    {
        var query = Query(PostgresSql.ListEntries);
        query.Bind(tenant).Bind(meter).Bind(before ?? long.MaxValue).Bind((long)limit);
        return await Rows(query, static row => new QuotaEntry(
            row.GetInt64(0), row.Time(1), StoredText.Status<QuotaEntryKind>(row.GetString(2)), row.TextOrNull(3), row.IsDBNull(4) ? null : row.Id(4),
            row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), Raw(row, 8), row.GetInt64(9), row.GetInt64(10), row.GetInt64(11)));
    }

    public async ValueTask<IReadOnlyList<string>> CheckQuotas(int limit)
    {
        var query = Query(PostgresSql.CheckAccounts);
        query.Bind((long)limit);
        return await Rows(query, static row => QuotaSums.Fault(
            row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), row.GetInt64(7)));
    }

    public static QuotaAccount Account(NpgsqlDataReader row) => new()
    {
        Tenant = row.GetString(0),
        Meter = row.GetString(1),
        Plan = row.GetString(2),
        Limit = row.GetInt64(3),
        Used = row.GetInt64(4),
        Reserved = row.GetInt64(5),
        Overage = row.GetInt64(6),
        Upgrade = row.TextOrNull(7),
        Period = row.TextOrNull(8),
        UpdatedAt = row.Time(9),
    };

    public static QuotaHold Hold(NpgsqlDataReader row) => new()
    {
        Tenant = row.GetString(0),
        Meter = row.GetString(1),
        Reservation = row.GetString(2),
        Amount = row.GetInt64(3),
        Status = StoredText.Status<QuotaHoldStatus>(row.GetString(4)),
        ExpiresAt = row.TimeOrNull(5),
        Job = row.IsDBNull(6) ? null : row.Id(6),
        Charged = row.GetInt64(7),
        Overage = row.GetInt64(8),
        Raw = Raw(row, 9),
        CreatedAt = row.Time(10),
        ClosedAt = row.TimeOrNull(11),
    };

    private static decimal? Raw(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : decimal.Parse(row.GetString(column), CultureInfo.InvariantCulture);
}
