namespace Dispatcher.Store.Postgres;

/// <summary>
/// Lists walk one index from the newest job to the oldest, between two ids: $1 (exclusive) and $2 (inclusive), for at most $3 entries. What the index does not
/// tell is checked on the rows that it meets, until $4 of them pass. Whatever was not asked for is not read: the parts of these statements are read on demand.
/// </summary>
/// <remarks>
/// Bounds and order name the index's columns as a row, so that no other index can serve them: an equality with the tenant would let the planner take
/// the primary key instead and read past the jobs of everybody else.
/// </remarks>
internal static partial class PostgresSql
{
    public const string JobsOfAll =
        "WITH walk AS MATERIALIZED (SELECT " + JobColumns + " FROM {schema}.jobs WHERE job_id < $1 AND job_id >= $2 ORDER BY job_id DESC LIMIT $3)" + PageOfWalk;

    public const string JobsOfTenant =
        "WITH walk AS MATERIALIZED (SELECT " + JobColumns + " FROM {schema}.jobs WHERE (tenant, job_id) < ($7, $1) AND (tenant, job_id) >= ($7, $2)" +
        " ORDER BY tenant DESC, job_id DESC LIMIT $3)" + PageOfWalk;

    /// <summary>Jobs that have not ended.</summary>
    public const string OpenJobs =
        "WITH walk AS MATERIALIZED (SELECT " + JobColumns + " FROM {schema}.jobs WHERE (tenant, job_id) < ($7, $1) AND (tenant, job_id) >= ($7, $2) AND ended_at IS NULL" +
        " ORDER BY tenant DESC, job_id DESC LIMIT $3)" + PageOfWalk;

    /// <summary>Jobs in a status that not every job passes.</summary>
    public const string JobsAtRest =
        "WITH walk AS MATERIALIZED (SELECT " + JobColumns + " FROM {schema}.jobs WHERE (tenant, rest_status, job_id) < ($7, $8, $1)" +
        " AND (tenant, rest_status, job_id) >= ($7, $8, $2) AND rest_status IS NOT NULL ORDER BY tenant DESC, rest_status DESC, job_id DESC LIMIT $3)" + PageOfWalk;

    /// <summary>Jobs by a term ($8), which have all of some other terms ($9) too.</summary>
    public const string JobsByTerm =
        "WITH walk AS MATERIALIZED (SELECT job_id FROM {schema}.job_terms WHERE tenant = $7 AND term = $8 AND job_id < $1 AND job_id >= $2 ORDER BY job_id DESC LIMIT $3)," +
        " page AS MATERIALIZED (SELECT " + JobColumns +
        """
         FROM (SELECT job_id AS id FROM walk) AS entry CROSS JOIN LATERAL (SELECT * FROM {schema}.jobs WHERE job_id = entry.id OFFSET 0) AS jobs
        WHERE ($5::text IS NULL OR status = $5) AND ($6::text IS NULL OR workflow_name = $6)
        AND (SELECT count(*) FROM {schema}.job_terms WHERE tenant = $7 AND term = ANY ($9::text[]) AND job_terms.job_id = entry.id) = cardinality($9::text[])
        LIMIT $4)
        """ + PageAndLast;

    /// <summary>
    /// For each of some queries (tenant $1, term $2, label $3, its value $4, status or '' $5, changed after $6) its number from 1, and the newest job that fits; $7 entries
    /// of the index are looked at for each.
    /// </summary>
    public const string FindNewest =
        "SELECT number, " + JobColumns +
        """
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
            WITH ORDINALITY AS wanted (wanted_tenant, term, label, value, wanted_status, after, number)
        CROSS JOIN LATERAL (
            SELECT jobs.* FROM (
                SELECT job_id AS id FROM {schema}.job_terms WHERE tenant = wanted_tenant AND job_terms.term = wanted.term ORDER BY job_id DESC LIMIT $7) AS entry
            CROSS JOIN LATERAL (SELECT * FROM {schema}.jobs WHERE job_id = entry.id OFFSET 0) AS jobs
            WHERE (wanted_status = '' OR status = wanted_status) AND updated_at > after AND labels::json ->> label = value
            ORDER BY entry.id DESC LIMIT 1) AS jobs
        """;

    /// <summary>Each node counts in a slot of its own; few rows a workflow, however many jobs there are.</summary>
    public const string ReadCounts =
        """
        SELECT tenant, workflow_name, status, sum(jobs)::bigint FROM {schema}.job_counts WHERE $1::text IS NULL OR tenant = $1
        GROUP BY tenant, workflow_name, status HAVING sum(jobs) <> 0
        """;

    private const string PageOfWalk =
        """
        , page AS MATERIALIZED (
            SELECT * FROM walk WHERE ($5::text IS NULL OR status = $5) AND ($6::text IS NULL OR workflow_name = $6) LIMIT $4)
        """ + PageAndLast;

    /// <summary>
    /// The page, and when it is not full and the walk was cut short: an empty row with the last entry that was looked at. A scan of a materialised part gives
    /// its rows in the order in which they were made, which is the walk's.
    /// </summary>
    private const string PageAndLast =
        """

        SELECT false AS is_last,
        """ + JobColumns + """
         FROM page
        UNION ALL
        SELECT true, (SELECT job_id FROM walk OFFSET $3 - 1 LIMIT 1), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        WHERE (SELECT count(*) FROM page) < $4
        """;
}
