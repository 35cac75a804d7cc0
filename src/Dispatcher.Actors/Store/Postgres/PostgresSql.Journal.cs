namespace Dispatcher.Store.Postgres;

/// <summary>The journal as a whole. What a reader may look at lies below <see cref="PostgresOrdering.Horizon"/>.</summary>
internal static partial class PostgresSql
{
    /// <summary>$1 after, $2 events, $3 offset.</summary>
    public static readonly string ReadJournal =
        $$"""
        SELECT ordering, journal.job_id, sequence_nr, type, at, payload, tenant, workflow_name, correlation_id, labels
        FROM {schema}.journal LEFT JOIN {schema}.jobs ON jobs.job_id = journal.job_id
        WHERE ordering > $1 AND ordering < {{PostgresOrdering.Horizon("$3")}} ORDER BY ordering LIMIT $2
        """;

    /// <summary>
    /// The same columns, and bounded in bytes too: the event that passes the bound $4 is the last. Large values of what is left out are not fetched.
    /// </summary>
    public static readonly string ReadTail =
        $$"""
        SELECT page.ordering, page.job_id, page.sequence_nr, page.type, page.at, page.payload, tenant, workflow_name, correlation_id, labels
        FROM (SELECT *, coalesce(sum(octet_length(payload)) OVER (ORDER BY ordering ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS bytes_before
              FROM (SELECT ordering, job_id, sequence_nr, type, at, payload FROM {schema}.journal
                    WHERE ordering > $1 AND ordering < {{PostgresOrdering.Horizon("$3")}} ORDER BY ordering LIMIT $2) AS newer) AS page
        LEFT JOIN {schema}.jobs ON jobs.job_id = page.job_id
        WHERE page.bytes_before < $4 ORDER BY page.ordering
        """;

    public static readonly string LastOrdering =
        $$"""
        SELECT ordering FROM {schema}.journal WHERE ordering < {{PostgresOrdering.Horizon("$1")}} ORDER BY ordering DESC LIMIT 1
        """;

    /// <summary>True if more than $2 events come after $1; $3 offset.</summary>
    public static readonly string HasMoreThan =
        $$"""
        SELECT EXISTS (SELECT 1 FROM {schema}.journal WHERE ordering > $1 AND ordering < {{PostgresOrdering.Horizon("$3")}} ORDER BY ordering OFFSET $2 LIMIT 1)
        """;

    /// <summary>The newest event that was committed, though an older one may still come.</summary>
    public const string NewestOrdering = "SELECT ordering FROM {schema}.journal ORDER BY ordering DESC LIMIT 1";
}
