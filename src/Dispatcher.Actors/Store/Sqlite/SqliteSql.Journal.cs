namespace Dispatcher.Store.Sqlite;

/// <summary>The journal as a whole.</summary>
internal static partial class SqliteSql
{
    public const string ReadJournal =
        """
        SELECT ordering, journal.job_id, sequence_nr, type, at, payload, tenant, workflow_name, correlation_id, labels
        FROM journal LEFT JOIN jobs ON jobs.job_id = journal.job_id
        WHERE ordering > ?1 ORDER BY ordering LIMIT ?2
        """;

    public const string LastOrdering = "SELECT max(ordering) FROM journal";
}
