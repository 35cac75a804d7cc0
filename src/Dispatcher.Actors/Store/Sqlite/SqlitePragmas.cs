namespace Dispatcher.Store.Sqlite;

/// <summary>How the connections are set; the measured reasons are in docs/decisions/0002.</summary>
internal static class SqlitePragmas
{
    /// <summary>The log is copied into the database each time it has this many pages (128 MiB).</summary>
    private const int CheckpointPages = 16384;

    public const string Reader = "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;";

    /// <summary>The page size counts only in a new database, and only before the log mode is set.</summary>
    public static string Writer(SqliteSynchronous synchronous) =>
        $"""
        PRAGMA page_size = 8192;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = {synchronous};
        PRAGMA wal_autocheckpoint = {CheckpointPages};
        PRAGMA cache_size = -65536;
        PRAGMA temp_store = MEMORY;
        PRAGMA foreign_keys = OFF;
        """;
}
