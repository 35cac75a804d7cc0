namespace Dispatcher.Store.Sqlite;

/// <summary>Every statement that the store runs. The tables are in Migrations/.</summary>
internal static partial class SqliteSql
{
    public const string Begin = "BEGIN";

    public const string BeginImmediate = "BEGIN IMMEDIATE";

    public const string Commit = "COMMIT";

    public const string Rollback = "ROLLBACK";

    public const string NodeState = "SELECT state FROM nodes WHERE incarnation = ?1";

    public const string SetNodeState = "UPDATE nodes SET state = ?2 WHERE incarnation = ?1 AND state = 'alive'";

    /// <summary>The directory's lock is ours, so whoever was alive is not any more.</summary>
    public const string BuryNodes = "UPDATE nodes SET state = 'dead' WHERE state = 'alive'";

    public const string InsertNode = "INSERT INTO nodes (started_at, state) VALUES (?1, 'alive') RETURNING incarnation";

    public const string EventExists = "SELECT 1 FROM journal WHERE job_id = ?1 AND sequence_nr = ?2";

    public const string LastSequenceNr = "SELECT max(sequence_nr) FROM journal WHERE job_id = ?1";

    public const string InsertEvent =
        "INSERT INTO journal (job_id, sequence_nr, writer, at, type, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

    public const string ClaimHolder = "SELECT job_id, fingerprint FROM claims WHERE kind = ?1 AND key = ?2";

    public const string InsertClaim = "INSERT INTO claims (kind, key, job_id, fingerprint) VALUES (?1, ?2, ?3, ?4)";

    /// <summary>For a job that goes on. Leaves ended_at alone, so that the indexes on it need no work.</summary>
    public const string UpsertJob =
        """
        INSERT INTO jobs (job_id, tenant, workflow_name, workflow_version, status, priority, created_at, updated_at,
                          wake_at, waits_for, correlation_id, labels, ended_at, terms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
        ON CONFLICT (job_id) DO UPDATE SET
            status = excluded.status, priority = excluded.priority, updated_at = excluded.updated_at, wake_at = excluded.wake_at,
            waits_for = excluded.waits_for, correlation_id = excluded.correlation_id, labels = excluded.labels
        """;

    /// <summary>For a job that ends or is recovered.</summary>
    public const string UpsertJobAndItsEnd = UpsertJob + ", ended_at = excluded.ended_at";

    public const string InsertTerm = "INSERT INTO job_terms (tenant, term, job_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";

    public const string MoveCount =
        """
        INSERT INTO job_counts (tenant, workflow_name, status, jobs) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (tenant, workflow_name, status) DO UPDATE SET jobs = jobs + excluded.jobs
        """;

    public const string UpsertSnapshot =
        """
        INSERT INTO snapshots (job_id, sequence_nr, version, payload) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (job_id) DO UPDATE SET sequence_nr = excluded.sequence_nr, version = excluded.version, payload = excluded.payload
        """;

    public const string ReadSnapshot = "SELECT sequence_nr, version, payload FROM snapshots WHERE job_id = ?1";

    public const string ReadEvents =
        """
        SELECT ordering, sequence_nr, writer, type, at, payload FROM journal
        WHERE job_id = ?1 AND sequence_nr > ?2 ORDER BY sequence_nr LIMIT ?3
        """;

    public const string ReadDue =
        """
        SELECT wake_at, job_id FROM jobs
        WHERE wake_at IS NOT NULL AND wake_at <= ?1 AND (wake_at, job_id) > (?2, ?3) ORDER BY wake_at, job_id LIMIT ?4
        """;

    public const string WakeUpsAfter = "SELECT wake_at, job_id FROM jobs WHERE wake_at IS NOT NULL AND wake_at > ?1 ORDER BY wake_at, job_id";

    public const string FindJob = SelectJob + " WHERE job_id = ?1";

    private const string SelectJob =
        """
        SELECT job_id, tenant, workflow_name, workflow_version, status, priority, created_at, updated_at,
               wake_at, waits_for, correlation_id, labels FROM jobs
        """;
}
