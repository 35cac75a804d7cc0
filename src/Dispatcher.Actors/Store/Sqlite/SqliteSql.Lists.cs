namespace Dispatcher.Store.Sqlite;

/// <summary>
/// Lists walk one index from the newest job to the oldest, between two ids: ?1 (exclusive) and ?2 (inclusive). Each is covered by its index; the rows
/// are read one by one and checked against the other filters, so what a page looks at is known.
/// </summary>
internal static partial class SqliteSql
{
    public const string JobsOfAll = "SELECT job_id FROM jobs WHERE job_id < ?1 AND job_id >= ?2 ORDER BY job_id DESC";

    public const string JobsOfTenant = "SELECT job_id FROM jobs WHERE tenant = ?3 AND job_id < ?1 AND job_id >= ?2 ORDER BY job_id DESC";

    /// <summary>Jobs that have not ended.</summary>
    public const string OpenJobs =
        "SELECT job_id FROM jobs WHERE tenant = ?3 AND ended_at IS NULL AND job_id < ?1 AND job_id >= ?2 ORDER BY job_id DESC";

    /// <summary>The last condition is true of the statuses that it is used for; said so that SQLite may use the partial index jobs_at_rest.</summary>
    public const string JobsAtRest =
        """
        SELECT job_id FROM jobs WHERE tenant = ?3 AND status = ?4 AND job_id < ?1 AND job_id >= ?2
        AND status NOT IN ('queued', 'running', 'completed') ORDER BY job_id DESC
        """;

    public const string JobsByTerm = "SELECT job_id FROM job_terms WHERE tenant = ?3 AND term = ?4 AND job_id < ?1 AND job_id >= ?2 ORDER BY job_id DESC";

    public const string HasTerm = "SELECT 1 FROM job_terms WHERE tenant = ?1 AND term = ?2 AND job_id = ?3";

    public const string ReadCounts = "SELECT tenant, workflow_name, status, jobs FROM job_counts WHERE tenant = ?1";

    /// <summary>Reads all counters: a few a workflow, however many jobs there are.</summary>
    public const string ReadAllCounts = "SELECT tenant, workflow_name, status, jobs FROM job_counts";
}
