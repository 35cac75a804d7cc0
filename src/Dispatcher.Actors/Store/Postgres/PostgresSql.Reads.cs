namespace Dispatcher.Store.Postgres;

/// <summary>Jobs and their histories.</summary>
internal static partial class PostgresSql
{
    /// <summary>
    /// For the rest of the transaction: plans that walk an index and stop, never those that first collect all that may match, whatever the statistics say.
    /// Without it a page of a large, newly grown or unevenly filled table may cost as much as the table. Compiling a plan costs more than such a read.
    /// </summary>
    public const string WalkIndexes =
        """
        SELECT set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true),
               set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
               set_config('max_parallel_workers_per_gather', '0', true), set_config('jit', 'off', true)
        """;

    /// <summary>
    /// A job's history in one statement, so as of one instant. Rows of three kinds: 0 the job with its snapshot, 1 an event, 2 a message. The columns are
    /// those of <see cref="HistoriesOfChosen"/>.
    /// </summary>
    public const string ReadHistory =
        """
        SELECT 1 AS place, 0 AS kind, sequence_nr AS a, version::bigint AS b, NULL::bigint AS c, NULL::text AS word, NULL::text AS outcome, $1 AS id, 0::bigint AS at, payload
        FROM (SELECT) AS one LEFT JOIN {schema}.snapshots ON job_id = $1
        UNION ALL
        SELECT 1, 1, ordering, sequence_nr, writer, type, NULL, NULL, at, payload FROM {schema}.journal
        WHERE job_id = $1 AND sequence_nr > coalesce((SELECT sequence_nr FROM {schema}.snapshots WHERE job_id = $1), 0)
        UNION ALL
        SELECT 1, 2, id, NULL, NULL, kind, outcome, from_job, at, payload FROM {schema}.inbox WHERE job_id = $1
        """;

    /// <summary>The same of several jobs, each in its place.</summary>
    public const string ReadHistories =
        """
        WITH chosen AS MATERIALIZED (
            SELECT place::int AS place, id AS job_id, 0::bigint AS wake_at FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, place)
        )

        """ + HistoriesOfChosen;

    public const string ReadEvents =
        """
        SELECT ordering, sequence_nr, writer, type, at, payload FROM {schema}.journal
        WHERE job_id = $1 AND sequence_nr > $2 ORDER BY sequence_nr LIMIT $3
        """;

    /// <summary>
    /// A page of due jobs of some shards with their histories: one statement, so one instant and one round trip however many jobs. Each shard gives its
    /// first ones by its part of jobs_by_wake_at. OFFSET 0 keeps each history a walk of its own; a join may read the whole journal.
    /// </summary>
    public const string ReadDue =
        """
        WITH chosen AS MATERIALIZED (
            SELECT row_number() OVER (ORDER BY first.wake_at, first.job_id)::int AS place, first.job_id, first.wake_at
            FROM unnest($1::int[]) AS mine (shard)
            CROSS JOIN LATERAL (
                SELECT job_id, wake_at FROM {schema}.jobs
                WHERE shard = mine.shard AND wake_at IS NOT NULL AND wake_at <= $2 AND (wake_at, job_id) > ($3, $4)
                ORDER BY wake_at, job_id LIMIT $5) AS first
            ORDER BY first.wake_at, first.job_id LIMIT $5
        )

        """ + HistoriesOfChosen;

    public const string NextWakeUp =
        """
        SELECT min(first.wake_at)
        FROM unnest($1::int[]) AS mine (shard)
        CROSS JOIN LATERAL (
            SELECT wake_at FROM {schema}.jobs WHERE shard = mine.shard AND wake_at IS NOT NULL AND wake_at > $2 ORDER BY wake_at LIMIT 1) AS first
        """;

    public const string FindJob = "SELECT " + JobColumns + " FROM {schema}.jobs WHERE job_id = $1";

    public const string FindHolder = "SELECT job_id FROM {schema}.claims WHERE kind = $1 AND key = $2";

    public const string FindHolders =
        """
        SELECT wanted.place, held.job_id
        FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (kind, key, place)
        CROSS JOIN LATERAL (SELECT job_id FROM {schema}.claims WHERE kind = wanted.kind AND key = wanted.key OFFSET 0) AS held
        """;

    public const string FindJobs =
        "SELECT " + JobColumns + " FROM unnest($1::uuid[]) AS wanted (id) CROSS JOIN LATERAL (SELECT * FROM {schema}.jobs WHERE job_id = wanted.id OFFSET 0) AS jobs";

    public const string ReadInbox = "SELECT id, from_job, kind, outcome, payload FROM {schema}.inbox WHERE job_id = $1 ORDER BY id";

    public const string ReadWatches =
        """
        SELECT watched, watcher, kind FROM (
            (SELECT 1 AS side, watched, watcher, kind, watcher AS other FROM {schema}.watches WHERE watched = $1 ORDER BY watcher, kind LIMIT $2)
            UNION ALL
            (SELECT 2, watched, watcher, kind, watched FROM {schema}.watches WHERE watcher = $1 ORDER BY watched, kind LIMIT $2)) AS edges
        ORDER BY side, other, kind LIMIT $2
        """;

    /// <summary>A job's row, in the order in which it is decoded.</summary>
    public const string JobColumns =
        """
        job_id, tenant, workflow_name, workflow_version, status, priority, created_at, updated_at, wake_at, waits_for, correlation_id, labels
        """;

    private const string HistoriesOfChosen =
        """
        SELECT place, 0 AS kind, snapshot.sequence_nr AS a, version::bigint AS b, NULL::bigint AS c, NULL::text AS word, NULL::text AS outcome, chosen.job_id AS id,
               wake_at AS at, payload
        FROM chosen LEFT JOIN LATERAL (SELECT sequence_nr, version, payload FROM {schema}.snapshots WHERE job_id = chosen.job_id OFFSET 0) AS snapshot ON true
        UNION ALL
        SELECT place, 1, ordering, sequence_nr, writer, type, NULL, NULL, at, payload
        FROM chosen CROSS JOIN LATERAL (
            SELECT ordering, sequence_nr, writer, type, at, payload FROM {schema}.journal
            WHERE job_id = chosen.job_id AND sequence_nr > coalesce((SELECT sequence_nr FROM {schema}.snapshots WHERE job_id = chosen.job_id), 0) OFFSET 0) AS event
        UNION ALL
        SELECT place, 2, id, NULL, NULL, kind, outcome, from_job, at, payload
        FROM chosen CROSS JOIN LATERAL (SELECT id, kind, outcome, from_job, at, payload FROM {schema}.inbox WHERE job_id = chosen.job_id OFFSET 0) AS message
        """;
}
