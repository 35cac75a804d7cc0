using SQLitePCL;

namespace Dispatcher.Store.Sqlite;

/// <summary>A call of SQLite failed. The message says it to an operator first and in SQLite's words after it.</summary>
internal sealed class SqliteFailure(int code, string detail) : StoreException($"{Describe(code)}: {detail} (SQLite error {code})")
{
    /// <summary>The extended result code.</summary>
    public int Code { get; } = code;

    public override bool IsDiskFull => IsFull(Code);

    public static SqliteFailure Of(sqlite3 database, int code) => new(code, raw.sqlite3_errmsg(database).utf8_to_string());

    /// <summary>True when a unique key was there already.</summary>
    public static bool IsTaken(int code) => code is raw.SQLITE_CONSTRAINT_UNIQUE or raw.SQLITE_CONSTRAINT_PRIMARYKEY;

    /// <summary>The shared index of the log could not grow: SQLite names no reason, and a full disk is the one there is.</summary>
    private const int IndexCannotGrow = raw.SQLITE_IOERR_SHMSIZE;

    private static bool IsFull(int code) => code == IndexCannotGrow || (code & 0xFF) == raw.SQLITE_FULL;

    private static string Describe(int code) => IsFull(code) ? "the disk is full" : (code & 0xFF) switch
    {
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB =>
            "the database is corrupt; restore it from a backup, or try `sqlite3 dispatcher.db .recover`",
        raw.SQLITE_READONLY => "the database cannot be written",
        raw.SQLITE_CANTOPEN => "the database cannot be opened",
        raw.SQLITE_PERM or raw.SQLITE_AUTH => "the database may not be accessed",
        raw.SQLITE_IOERR => "the disk failed",
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => "another program holds the database locked",
        raw.SQLITE_NOMEM => "there is not enough memory",
        raw.SQLITE_TOOBIG => "a value is too large for the database",
        _ => "the database refused",
    };
}
