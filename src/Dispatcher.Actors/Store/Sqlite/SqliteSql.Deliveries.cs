namespace Dispatcher.Store.Sqlite;

/// <summary>Callbacks. A delivery has a next time if and only if it is pending, so the partial index on it holds the pending ones.</summary>
internal static partial class SqliteSql
{
    public const string InsertDelivery =
        """
        INSERT INTO deliveries (tenant, job_id, sequence_nr, event_type, url, job_status, status, attempts, created_at, next_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?7, 'pending', 0, ?6, ?6)
        """;

    public const string DueDeliveries =
        SelectDelivery + " WHERE next_at IS NOT NULL AND next_at <= ?1 AND (next_at, id) > (?2, ?3) ORDER BY next_at, id LIMIT ?4";

    public const string NextDelivery = "SELECT min(next_at) FROM deliveries WHERE next_at IS NOT NULL";

    public const string RecordAttempt =
        """
        UPDATE deliveries SET status = ?2, attempts = attempts + 1, next_at = ?3, last_attempt_at = ?4, last_status_code = ?5, last_error = ?6
        WHERE id = ?1
        """;

    /// <summary>Nothing was sent, so what the last attempt left stays.</summary>
    public const string RecordNoAttempt = "UPDATE deliveries SET status = ?2, next_at = ?3, last_error = ?4 WHERE id = ?1";

    public const string ReplayDelivery =
        "UPDATE deliveries SET status = 'pending', attempts = 0, next_at = ?3 WHERE id = ?1 AND tenant = ?2 AND status <> 'pending'";

    public const string DeliveryExists = "SELECT 1 FROM deliveries WHERE id = ?1 AND tenant = ?2";

    public const string DeliveriesOfTenant = SelectDelivery + " WHERE tenant = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";

    public const string DeliveriesInStatus = SelectDelivery + " WHERE tenant = ?1 AND status = ?4 AND id < ?2 ORDER BY id DESC LIMIT ?3";

    /// <summary>A job has few, so those in other statuses are passed over. The plus keeps SQLite from walking the whole tenant instead.</summary>
    public const string DeliveriesOfJob =
        SelectDelivery + " WHERE job_id = ?5 AND +tenant = ?1 AND id < ?2 AND (?4 IS NULL OR +status = ?4) ORDER BY id DESC LIMIT ?3";

    private const string SelectDelivery =
        """
        SELECT id, tenant, job_id, sequence_nr, event_type, url, status, attempts, created_at, next_at,
               last_attempt_at, last_status_code, last_error, job_status FROM deliveries
        """;
}
