namespace Dispatcher.Store.Postgres;

/// <summary>Accounts, holds and the ledger.</summary>
internal static partial class PostgresSql
{
    public const string GiveQuota = "SELECT {schema}.give_quota($1, $2, $3, $4, $5, $6, $7, $8, $9)";

    public const string OpenQuota = "SELECT {schema}.open_quota($1, $2, $3, $4, $5, $6, $7, $8)";

    public const string SetQuota = "SELECT {schema}.set_quota($1, $2, $3, $4, $5, $6, $7, $8)";

    public const string ExpireQuotas = "SELECT {schema}.expire_quotas($1, $2, $3)";

    public const string ReadAccount =
        "SELECT tenant, meter, plan, plan_limit, used, reserved, overage, upgrade, period, updated_at FROM {schema}.quota_accounts WHERE tenant = $1 AND meter = $2";

    /// <summary>As the account is at $3: without the holds that are over by then.</summary>
    public const string FindAccountAt = SelectAccountAt + " WHERE a.tenant = $1 AND a.meter = $2";

    public const string ListAccountsAt = SelectAccountAt + " WHERE (a.tenant, a.meter) > ($1, $2) ORDER BY a.tenant, a.meter LIMIT $4";

    public const string ListAccountsOfTenantAt = SelectAccountAt + " WHERE a.tenant = $1 AND a.meter > $2 ORDER BY a.meter LIMIT $4";

    public const string ReadHold =
        """
        SELECT tenant, meter, reservation, amount, status, expires_at, job_id, charged, overage, raw, created_at, closed_at
        FROM {schema}.quota_holds WHERE tenant = $1 AND meter = $2 AND reservation = $3
        """;

    public const string ListEntries =
        """
        SELECT id, at, kind, reservation, job_id, amount, charged, overage, raw, plan_limit, used, reserved FROM {schema}.quota_ledger
        WHERE tenant = $1 AND meter = $2 AND id < $3 ORDER BY id DESC LIMIT $4
        """;

    /// <summary>What holds and ledger say, beside what stands in the account.</summary>
    public const string CheckAccounts =
        """
        SELECT tenant, meter, used, overage, reserved, held, charged, beyond FROM (
            SELECT a.tenant, a.meter, a.used, a.overage, a.reserved,
                   (SELECT coalesce(sum(h.amount), 0)::bigint FROM {schema}.quota_holds h WHERE h.tenant = a.tenant AND h.meter = a.meter AND h.status = 'held') AS held,
                   l.charged, l.beyond
            FROM {schema}.quota_accounts a, LATERAL (
                SELECT coalesce(sum(l.charged), 0)::bigint AS charged, coalesce(sum(l.overage), 0)::bigint AS beyond FROM {schema}.quota_ledger l
                WHERE l.tenant = a.tenant AND l.meter = a.meter AND l.id > coalesce(
                    (SELECT max(r.id) FROM {schema}.quota_ledger r WHERE r.tenant = a.tenant AND r.meter = a.meter AND r.kind = 'renewed'), 0)) l) sums
        WHERE used <> charged OR overage <> beyond OR reserved <> held ORDER BY tenant, meter LIMIT $1
        """;

    private const string SelectAccountAt =
        """
        SELECT a.tenant, a.meter, a.plan, a.plan_limit, a.used,
               a.reserved - (SELECT coalesce(sum(h.amount), 0)::bigint FROM {schema}.quota_holds h
                             WHERE h.status = 'held' AND h.expires_at IS NOT NULL AND h.expires_at <= $3 AND h.tenant = a.tenant AND h.meter = a.meter),
               a.overage, a.upgrade, a.period, a.updated_at
        FROM {schema}.quota_accounts a
        """;
}
