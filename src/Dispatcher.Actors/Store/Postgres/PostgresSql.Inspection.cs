namespace Dispatcher.Store.Postgres;

/// <summary>What only a check of the whole store asks.</summary>
internal static partial class PostgresSql
{
    /// <summary>Both halves walk an index from where the last page ended.</summary>
    public const string JobIdsInOrder =
        """
        SELECT job_id FROM (
            (SELECT job_id FROM {schema}.jobs WHERE job_id > $1 ORDER BY job_id LIMIT $2)
            UNION
            (SELECT DISTINCT job_id FROM {schema}.journal WHERE job_id > $1 ORDER BY job_id LIMIT $2)) AS ids
        ORDER BY job_id LIMIT $2
        """;

    public const string JobAndItsEnd = "SELECT " + JobColumns + ", ended_at FROM {schema}.jobs WHERE job_id = $1";

    public const string ReadSnapshot = "SELECT sequence_nr, version, payload FROM {schema}.snapshots WHERE job_id = $1";

    public const string SendersOfMail = "SELECT from_job FROM {schema}.inbox WHERE job_id = $1 ORDER BY id";

    public const string WatchedWithStatus =
        """
        SELECT watches.watched, watches.kind, jobs.status FROM {schema}.watches LEFT JOIN {schema}.jobs ON jobs.job_id = watches.watched
        WHERE watches.watcher = $1 ORDER BY 1, 2
        """;

    public const string HasNameTerm =
        """
        SELECT EXISTS (
            SELECT FROM {schema}.jobs JOIN {schema}.job_terms ON job_terms.tenant = jobs.tenant AND job_terms.term = jobs.workflow_name AND job_terms.job_id = jobs.job_id
            WHERE jobs.job_id = $1)
        """;

    public const string AllEvents = "SELECT ordering, sequence_nr, writer, type, at, payload FROM {schema}.journal WHERE job_id = $1 ORDER BY sequence_nr";

    public const string CompareCounts =
        """
        WITH counted AS (SELECT tenant, workflow_name, status, count(*) AS jobs FROM {schema}.jobs GROUP BY 1, 2, 3),
        counters AS (SELECT tenant, workflow_name, status, sum(jobs)::bigint AS jobs FROM {schema}.job_counts GROUP BY 1, 2, 3)
        SELECT tenant, workflow_name, status, coalesce(counters.jobs, 0), coalesce(counted.jobs, 0)
        FROM counted FULL JOIN counters USING (tenant, workflow_name, status)
        WHERE coalesce(counters.jobs, 0) <> coalesce(counted.jobs, 0)
        """;

    public const string Overview =
        """
        SELECT (SELECT value FROM {schema}.meta WHERE key = 'shard_count'), coalesce((SELECT sum(jobs)::bigint FROM {schema}.job_counts), 0),
               (SELECT count(*) FROM {schema}.nodes WHERE state = 'alive'), (SELECT count(*) FROM pg_inherits WHERE inhparent = '{schema}.journal'::regclass)
        """;

    public const string Nodes = "SELECT incarnation, started_at, state FROM {schema}.nodes ORDER BY incarnation";

    public const string Strays =
        """
        SELECT 'inbox', job_id FROM {schema}.inbox WHERE NOT EXISTS (SELECT FROM {schema}.jobs WHERE jobs.job_id = inbox.job_id)
        UNION ALL
        SELECT 'inbox-asleep', inbox.job_id FROM {schema}.inbox JOIN {schema}.jobs ON jobs.job_id = inbox.job_id WHERE jobs.wake_at IS DISTINCT FROM 0
        UNION ALL
        SELECT 'watches', watcher FROM {schema}.watches WHERE NOT EXISTS (SELECT FROM {schema}.jobs WHERE jobs.job_id = watches.watcher)
        UNION ALL
        SELECT 'claims', job_id FROM {schema}.claims WHERE NOT EXISTS (SELECT FROM {schema}.jobs WHERE jobs.job_id = claims.job_id)
        UNION ALL
        SELECT 'snapshots', job_id FROM {schema}.snapshots WHERE NOT EXISTS (SELECT FROM {schema}.jobs WHERE jobs.job_id = snapshots.job_id)
        UNION ALL
        SELECT 'job_terms', job_id FROM {schema}.job_terms WHERE NOT EXISTS (SELECT FROM {schema}.jobs WHERE jobs.job_id = job_terms.job_id)
        UNION ALL
        SELECT 'deliveries', job_id FROM {schema}.deliveries WHERE NOT EXISTS (SELECT FROM {schema}.jobs WHERE jobs.job_id = deliveries.job_id)
        LIMIT $1
        """;

    /// <summary>Blocks whose checksum was wrong when they were read, as the server has counted them; always 0 without data checksums.</summary>
    public const string ChecksumFailures = "SELECT coalesce(checksum_failures, 0) FROM pg_stat_database WHERE datname = current_database()";

    /// <summary>Where the functions of amcheck are; no row when it is not installed, or this role may not call it.</summary>
    public const string IndexChecker =
        """
        SELECT format('%I', nspname) FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
        WHERE extname = 'amcheck' AND has_function_privilege(to_regprocedure(format('%I.bt_index_check(regclass, boolean)', nspname)), 'EXECUTE')
        """;

    /// <summary>The indexes of the store's tables, and whether each was made to its end.</summary>
    public const string Indexes =
        """
        SELECT pg_class.oid, relname, indisvalid AND indisready FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE relkind = 'i' AND relnamespace = '{schema}'::regnamespace ORDER BY relname
        """;

    public static string CheckIndex(string schema) => $"SELECT {schema}.bt_index_check($1::oid::regclass, $2)";
}
