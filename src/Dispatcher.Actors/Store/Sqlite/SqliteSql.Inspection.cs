namespace Dispatcher.Store.Sqlite;

/// <summary>What only a check of the whole store asks.</summary>
internal static partial class SqliteSql
{
    /// <summary>Both halves walk an index from where the last page ended.</summary>
    public const string JobIdsInOrder =
        """
        SELECT job_id FROM (SELECT job_id FROM jobs WHERE job_id > ?1 ORDER BY job_id LIMIT ?2)
        UNION
        SELECT job_id FROM (SELECT DISTINCT job_id FROM journal WHERE job_id > ?1 ORDER BY job_id LIMIT ?2)
        ORDER BY job_id LIMIT ?2
        """;

    public const string EndOfJob = "SELECT ended_at FROM jobs WHERE job_id = ?1";

    public const string SendersOfMail = "SELECT from_job FROM inbox WHERE job_id = ?1 ORDER BY id";

    public const string WatchedWithStatus =
        "SELECT watches.watched, watches.kind, jobs.status FROM watches LEFT JOIN jobs ON jobs.job_id = watches.watched WHERE watches.watcher = ?1 ORDER BY 1, 2";

    public const string CompareCounts =
        """
        WITH counted AS (SELECT tenant, workflow_name, status, count(*) AS jobs FROM jobs GROUP BY 1, 2, 3)
        SELECT counted.tenant, counted.workflow_name, counted.status, coalesce(job_counts.jobs, 0), counted.jobs
        FROM counted LEFT JOIN job_counts USING (tenant, workflow_name, status)
        WHERE counted.jobs <> coalesce(job_counts.jobs, 0)
        UNION ALL
        SELECT tenant, workflow_name, status, jobs, 0 FROM job_counts
        WHERE jobs <> 0 AND (tenant, workflow_name, status) NOT IN (SELECT tenant, workflow_name, status FROM counted)
        """;

    public const string Nodes = "SELECT incarnation, started_at, state FROM nodes ORDER BY incarnation";

    public const string Strays =
        """
        SELECT 'inbox', job_id FROM inbox WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.job_id = inbox.job_id)
        UNION ALL
        SELECT 'inbox-asleep', inbox.job_id FROM inbox JOIN jobs ON jobs.job_id = inbox.job_id WHERE jobs.wake_at IS NOT 0
        UNION ALL
        SELECT 'watches', watcher FROM watches WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.job_id = watches.watcher)
        UNION ALL
        SELECT 'claims', job_id FROM claims WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.job_id = claims.job_id)
        UNION ALL
        SELECT 'snapshots', job_id FROM snapshots WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.job_id = snapshots.job_id)
        UNION ALL
        SELECT 'job_terms', job_id FROM job_terms WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.job_id = job_terms.job_id)
        UNION ALL
        SELECT 'deliveries', job_id FROM deliveries WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.job_id = deliveries.job_id)
        LIMIT ?1
        """;

    public static string Integrity(bool quick, int limit) => $"PRAGMA {(quick ? "quick_check" : "integrity_check")}({limit})";
}
