namespace Dispatcher.Store.Postgres;

/// <summary>Callbacks. A delivery has a next time if and only if it is pending, so the partial index on it holds the pending ones.</summary>
internal static partial class PostgresSql
{
    public const string DueDeliveries =
        SelectDelivery + " WHERE next_at IS NOT NULL AND next_at <= $1 AND (next_at, id) > ($2, $3) ORDER BY next_at, id LIMIT $4";

    public const string DueDeliveriesOfShards =
        SelectDelivery +
        """
         d WHERE next_at IS NOT NULL AND next_at <= $1 AND (next_at, id) > ($2, $3)
        AND EXISTS (SELECT 1 FROM {schema}.jobs j WHERE j.job_id = d.job_id AND j.shard = ANY ($5)) ORDER BY next_at, id LIMIT $4
        """;

    public const string NextDelivery = "SELECT next_at FROM {schema}.deliveries WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1";

    public const string RecordAttempt =
        """
        UPDATE {schema}.deliveries SET status = $2, attempts = attempts + 1, next_at = $3, last_attempt_at = $4, last_status_code = $5, last_error = $6
        WHERE id = $1
        """;

    /// <summary>Nothing was sent, so what the last attempt left stays.</summary>
    public const string RecordNoAttempt = "UPDATE {schema}.deliveries SET status = $2, next_at = $3, last_error = $4 WHERE id = $1";

    public const string ReplayDelivery =
        "UPDATE {schema}.deliveries SET status = 'pending', attempts = 0, next_at = $3 WHERE id = $1 AND tenant = $2 AND status <> 'pending'";

    public const string DeliveryExists = "SELECT 1 FROM {schema}.deliveries WHERE id = $1 AND tenant = $2";

    public const string DeliveriesOfTenant =
        SelectDelivery + " WHERE (tenant, id) < ($1, $2) AND (tenant, id) >= ($1, 0) ORDER BY tenant DESC, id DESC LIMIT $3";

    public const string DeliveriesInStatus =
        SelectDelivery + " WHERE (tenant, status, id) < ($1, $4, $2) AND (tenant, status, id) >= ($1, $4, 0) ORDER BY tenant DESC, status DESC, id DESC LIMIT $3";

    /// <summary>A job has few, so those in other statuses are passed over.</summary>
    public const string DeliveriesOfJob =
        SelectDelivery +
        """
         WHERE (job_id, id) < ($5, $2) AND (job_id, id) >= ($5, 0) AND tenant = $1 AND ($4::text IS NULL OR status = $4)
        ORDER BY job_id DESC, id DESC LIMIT $3
        """;

    private const string SelectDelivery =
        """
        SELECT id, tenant, job_id, sequence_nr, event_type, url, status, attempts, created_at, next_at,
               last_attempt_at, last_status_code, last_error, job_status FROM {schema}.deliveries
        """;
}
