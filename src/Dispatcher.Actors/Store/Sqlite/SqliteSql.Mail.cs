namespace Dispatcher.Store.Sqlite;

/// <summary>Messages between jobs, and watches.</summary>
internal static partial class SqliteSql
{
    /// <summary>Null when nobody has mail: then a batch need not look job by job.</summary>
    public const string NewestMessage = "SELECT max(id) FROM inbox";

    /// <summary>Null when nobody watches anybody.</summary>
    public const string AnyWatch = "SELECT max(watched) FROM watches";

    public const string InsertMessage = "INSERT INTO inbox (job_id, from_job, kind, outcome, payload, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

    public const string ConsumeMessage = "DELETE FROM inbox WHERE id = ?1 AND job_id = ?2";

    public const string ClearInbox = "DELETE FROM inbox WHERE job_id = ?1";

    public const string HasMail = "SELECT 1 FROM inbox WHERE job_id = ?1 LIMIT 1";

    public const string ReadInbox = "SELECT id, from_job, kind, outcome, payload FROM inbox WHERE job_id = ?1 ORDER BY id";

    public const string StatusOfJob = "SELECT status, wake_at FROM jobs WHERE job_id = ?1";

    public const string WakeJob = "UPDATE jobs SET wake_at = ?2 WHERE job_id = ?1";

    public const string InsertWatch = "INSERT INTO watches (watched, watcher, kind) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";

    public const string Watchers = "SELECT DISTINCT watcher FROM watches WHERE watched = ?1 ORDER BY watcher";

    public const string WatchesOfWatched = "SELECT watched, watcher, kind FROM watches WHERE watched = ?1 ORDER BY watcher, kind LIMIT ?2";

    public const string WatchesOfWatcher = "SELECT watched, watcher, kind FROM watches WHERE watcher = ?1 ORDER BY watched, kind LIMIT ?2";
}
