namespace Dispatcher.Store.Sqlite;

/// <summary>Finding old jobs, and deleting all that belongs to one: its id is always ?1.</summary>
internal static partial class SqliteSql
{
    public const string WalkJobs = SelectJob + " WHERE job_id > ?1 AND job_id < ?2 ORDER BY job_id LIMIT ?3";

    public const string DeleteEvents = "DELETE FROM journal WHERE job_id = ?1";

    public const string DeleteSnapshot = "DELETE FROM snapshots WHERE job_id = ?1";

    public const string DeleteClaims = "DELETE FROM claims WHERE job_id = ?1";

    public const string DeleteWatchesOfWatched = "DELETE FROM watches WHERE watched = ?1";

    public const string DeleteWatchesOfWatcher = "DELETE FROM watches WHERE watcher = ?1";

    public const string DeleteDeliveries = "DELETE FROM deliveries WHERE job_id = ?1";

    /// <summary>Before the job's row, which names the terms.</summary>
    public const string DeleteTerms =
        "DELETE FROM job_terms WHERE tenant = ?2 AND job_id = ?1 AND term IN (SELECT value FROM json_each((SELECT terms FROM jobs WHERE job_id = ?1)))";

    public const string DeleteNameTerm = "DELETE FROM job_terms WHERE tenant = ?2 AND term = ?3 AND job_id = ?1";

    public const string DeleteJob = "DELETE FROM jobs WHERE job_id = ?1";

    public const string InsertLeftover = "INSERT INTO leftover_files (job_id, tenant) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

    public const string ReadLeftovers = "SELECT job_id, tenant FROM leftover_files WHERE job_id > x'00' ORDER BY job_id LIMIT ?1";

    public const string DeleteLeftover = "DELETE FROM leftover_files WHERE job_id = ?1";
}
