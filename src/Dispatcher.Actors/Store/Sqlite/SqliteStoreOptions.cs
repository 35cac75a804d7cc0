namespace Dispatcher.Store.Sqlite;

/// <summary>Where and how the SQLite store keeps its data.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>The directory of the database and its lock; made if only itself is missing. One process at a time may have it.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>What an acknowledged append survives.</summary>
    public SqliteSynchronous Synchronous { get; init; } = SqliteSynchronous.Full;

    /// <summary>The most events in one transaction. More gains nothing and makes each answer later.</summary>
    public int BatchLimitEvents { get; init; } = 1000;

    /// <summary>The most bytes in one transaction.</summary>
    public int BatchLimitBytes { get; init; } = 512 * 1024;

    /// <summary>The most events that wait for their commit; at it, appends stand in line.</summary>
    public int QueueLimitEvents { get; init; } = 100_000;
}

public enum SqliteSynchronous
{
    /// <summary>The end of the process and of the machine: the log is flushed at each commit.</summary>
    Full,

    /// <summary>The end of the process; when the machine ends, the last commits may be lost, never a part of one.</summary>
    Normal,

    /// <summary>The end of the process only; when the machine ends the database may be damaged. For tests and throw-away data.</summary>
    Off,
}
