namespace Dispatcher.Store.Sqlite;

/// <summary>Accounts, holds and the ledger.</summary>
internal static partial class SqliteSql
{
    public const string FindAccount = $"SELECT {AccountColumns} FROM quota_accounts WHERE tenant = ?1 AND meter = ?2";

    public const string CountAccounts = "SELECT count(*) FROM quota_accounts WHERE tenant = ?1";

    /// <summary>As the account is at ?3: without the holds that are over by then.</summary>
    public const string FindAccountAt = $"{SelectAccountAt} WHERE a.tenant = ?1 AND a.meter = ?2";

    public const string ListAccountsAt = $"{SelectAccountAt} WHERE (a.tenant, a.meter) > (?1, ?2) ORDER BY a.tenant, a.meter LIMIT ?4";

    public const string ListAccountsOfTenantAt = $"{SelectAccountAt} WHERE a.tenant = ?1 AND a.meter > ?2 ORDER BY a.meter LIMIT ?4";

    public const string UpsertAccount =
        $"""
        INSERT INTO quota_accounts ({AccountColumns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
        ON CONFLICT (tenant, meter) DO UPDATE SET plan = excluded.plan, plan_limit = excluded.plan_limit, used = excluded.used, reserved = excluded.reserved,
            overage = excluded.overage, upgrade = excluded.upgrade, period = excluded.period, updated_at = excluded.updated_at
        """;

    public const string FindHold = $"SELECT {HoldColumns} FROM quota_holds WHERE tenant = ?1 AND meter = ?2 AND reservation = ?3";

    /// <summary>The condition is the indexes', word for word.</summary>
    public const string DueHolds =
        $"SELECT {HoldColumns} FROM quota_holds WHERE status = 'held' AND expires_at IS NOT NULL AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2";

    public const string DueHoldsOfAccount =
        $"""
        SELECT {HoldColumns} FROM quota_holds WHERE tenant = ?1 AND meter = ?2 AND status = 'held' AND expires_at IS NOT NULL AND expires_at <= ?3
        ORDER BY expires_at, reservation LIMIT ?4
        """;

    public const string UpsertHold =
        $"""
        INSERT INTO quota_holds ({HoldColumns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
        ON CONFLICT (tenant, meter, reservation) DO UPDATE SET status = excluded.status, charged = excluded.charged, overage = excluded.overage, raw = excluded.raw,
            closed_at = excluded.closed_at
        """;

    public const string InsertEntry =
        """
        INSERT INTO quota_ledger (tenant, meter, at, kind, reservation, job_id, amount, charged, overage, raw, plan_limit, used, reserved)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        """;

    public const string ListEntries =
        """
        SELECT id, at, kind, reservation, job_id, amount, charged, overage, raw, plan_limit, used, reserved FROM quota_ledger
        WHERE tenant = ?1 AND meter = ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4
        """;

    /// <summary>What holds and ledger say, beside what stands in the account.</summary>
    public const string CheckAccounts =
        """
        SELECT * FROM (
            SELECT a.tenant, a.meter, a.used, a.overage, a.reserved,
                   (SELECT coalesce(sum(h.amount), 0) FROM quota_holds h WHERE h.tenant = a.tenant AND h.meter = a.meter AND h.status = 'held') AS held,
                   (SELECT coalesce(sum(l.charged), 0) FROM quota_ledger l WHERE l.tenant = a.tenant AND l.meter = a.meter AND l.id > coalesce(
                       (SELECT max(r.id) FROM quota_ledger r WHERE r.tenant = a.tenant AND r.meter = a.meter AND r.kind = 'renewed'), 0)) AS charged,
                   (SELECT coalesce(sum(l.overage), 0) FROM quota_ledger l WHERE l.tenant = a.tenant AND l.meter = a.meter AND l.id > coalesce(
                       (SELECT max(r.id) FROM quota_ledger r WHERE r.tenant = a.tenant AND r.meter = a.meter AND r.kind = 'renewed'), 0)) AS beyond
            FROM quota_accounts a) sums
        WHERE used <> charged OR overage <> beyond OR reserved <> held ORDER BY tenant, meter LIMIT ?1
        """;

    private const string AccountColumns = "tenant, meter, plan, plan_limit, used, reserved, overage, upgrade, period, updated_at";

    private const string HoldColumns = "tenant, meter, reservation, amount, status, expires_at, job_id, charged, overage, raw, created_at, closed_at";

    private const string SelectAccountAt =
        """
        SELECT a.tenant, a.meter, a.plan, a.plan_limit, a.used,
               a.reserved - (SELECT coalesce(sum(h.amount), 0) FROM quota_holds h
                             WHERE h.status = 'held' AND h.expires_at IS NOT NULL AND h.expires_at <= ?3 AND h.tenant = a.tenant AND h.meter = a.meter),
               a.overage, a.upgrade, a.period, a.updated_at
        FROM quota_accounts a
        """;
}
