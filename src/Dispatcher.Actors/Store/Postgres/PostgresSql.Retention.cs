namespace Dispatcher.Store.Postgres;

/// <summary>Finding old jobs, and deleting all that belongs to some: their ids are always $1.</summary>
internal static partial class PostgresSql
{
    /// <summary>Ended jobs of a walk from the oldest, and an empty row with the last entry if the walk was cut short.</summary>
    public const string WalkEnded =
        "WITH walk AS MATERIALIZED (SELECT " + JobColumns + " FROM {schema}.jobs WHERE job_id > $1 AND job_id < $2 ORDER BY job_id LIMIT $3)" +
        " SELECT false AS is_last, " + JobColumns +
        """
         FROM walk WHERE status IN ('completed', 'failed', 'cancelled') AND updated_at < $4 AND ($5::text IS NULL OR status = $5)
        UNION ALL
        SELECT true, (SELECT job_id FROM walk OFFSET $3 - 1 LIMIT 1), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        """;

    /// <summary>Keeps the ended ones as they are until the commit. In the order of their ids, as every writer locks rows.</summary>
    public const string LockEnded =
        """
        SELECT job_id FROM {schema}.jobs WHERE job_id = ANY ($1::uuid[]) AND status IN ('completed', 'failed', 'cancelled') ORDER BY job_id FOR UPDATE
        """;

    /// <summary>Tells in which partitions they were.</summary>
    public const string DeleteEvents =
        """
        WITH gone AS (DELETE FROM {schema}.journal WHERE job_id = ANY ($1::uuid[]) RETURNING tableoid)
        SELECT DISTINCT tableoid FROM gone
        """;

    public const string DeleteSnapshots = "DELETE FROM {schema}.snapshots WHERE job_id = ANY ($1::uuid[])";

    public const string DeleteClaims = "DELETE FROM {schema}.claims WHERE job_id = ANY ($1::uuid[])";

    public const string DeleteWatchesOfWatched = "DELETE FROM {schema}.watches WHERE watched = ANY ($1::uuid[])";

    public const string DeleteWatchesOfWatchers = "DELETE FROM {schema}.watches WHERE watcher = ANY ($1::uuid[])";

    public const string DeleteDeliveries = "DELETE FROM {schema}.deliveries WHERE job_id = ANY ($1::uuid[])";

    public const string DeleteMail = "DELETE FROM {schema}.inbox WHERE job_id = ANY ($1::uuid[])";

    /// <summary>Before the jobs' rows, which name the terms.</summary>
    public const string DeleteTerms =
        """
        DELETE FROM {schema}.job_terms USING (
            SELECT job_id, tenant, workflow_name AS term FROM {schema}.jobs WHERE job_id = ANY ($1::uuid[])
            UNION ALL
            SELECT job_id, tenant, json_array_elements_text(terms::json) FROM {schema}.jobs WHERE job_id = ANY ($1::uuid[]) OFFSET 0) AS known
        WHERE job_terms.tenant = known.tenant AND job_terms.term = known.term AND job_terms.job_id = known.job_id
        """;

    public const string NoteLeftovers =
        "INSERT INTO {schema}.leftover_files (job_id, tenant) SELECT job_id, tenant FROM {schema}.jobs WHERE job_id = ANY ($1::uuid[]) ORDER BY job_id ON CONFLICT DO NOTHING";

    /// <summary>The rows, and their counts go down in the slot of this incarnation ($2). Last, since it takes the rows of the counters, for which others wait.</summary>
    public const string DeleteJobs =
        """
        WITH gone AS (DELETE FROM {schema}.jobs WHERE job_id = ANY ($1::uuid[]) RETURNING tenant, workflow_name, status)
        INSERT INTO {schema}.job_counts (tenant, workflow_name, status, slot, jobs)
        SELECT tenant, workflow_name, status, ($2::bigint % 16)::smallint, -count(*) FROM gone GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (tenant, workflow_name, status, slot) DO UPDATE SET jobs = job_counts.jobs + excluded.jobs
        """;

    public const string ReadLeftovers = "SELECT job_id, tenant FROM {schema}.leftover_files ORDER BY job_id LIMIT $1";

    public const string DeleteLeftovers = "DELETE FROM {schema}.leftover_files WHERE job_id = ANY ($1::uuid[])";

    /// <summary>Of these tables the names, and the id before which each ends; the default partition has no end.</summary>
    public const string PartitionEnds =
        """
        SELECT format('%I.%I', nspname, relname), substring(pg_get_expr(relpartbound, pg_class.oid) FROM 'TO \(''([0-9a-f-]{36})''\)')
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE pg_class.oid = ANY ($1::oid[])
        """;

    /// <summary>The newest row first: rows go from the oldest, so this one is found at once while there are any, and not after walking over all that was deleted.</summary>
    public static string AnyRowOf(string partition) => $"SELECT 1 FROM {partition} ORDER BY job_id DESC, sequence_nr DESC LIMIT 1";

    /// <summary>The journal's own lock too, and first: dropping needs it, and every statement takes them in this order.</summary>
    public static string LockForDrop(string schema, string partition) => $"LOCK TABLE ONLY {schema}.journal, {partition} IN ACCESS EXCLUSIVE MODE";

    public static string DropPartition(string partition) => $"DROP TABLE {partition}";
}
