using SQLitePCL;

namespace Dispatcher.Store.Sqlite;

/// <summary>
/// A connection with its prepared statements; used by one thread at a time. SQLite's own API, since its cost for a row is a fraction of
/// what ADO.NET's commands and readers allocate.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    /// <summary>How long a statement waits for another program (a backup, somebody's shell) that holds the database.</summary>
    private const int BusyTimeoutMs = 5000;

    private readonly sqlite3 _database;
    private readonly Dictionary<string, SqliteStatement> _statements = new(StringComparer.Ordinal);

    static SqliteDatabase() => Batteries_V2.Init();

    private SqliteDatabase(sqlite3 database) => _database = database;

    /// <summary>True between BEGIN and the end of its transaction.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_database) == 0;

    /// <summary>Rows that the last statement wrote.</summary>
    public int ChangedRows => raw.sqlite3_changes(_database);

    /// <summary>The key that the last insert into a table with row ids has got.</summary>
    public long LastInsertedRowId => raw.sqlite3_last_insert_rowid(_database);

    /// <exception cref="SqliteFailure">It cannot be opened, or is not a database.</exception>
    public static SqliteDatabase Open(string path, bool readOnly)
    {
        var flags = (readOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE) | raw.SQLITE_OPEN_NOMUTEX;
        var code = raw.sqlite3_open_v2(path, out var handle, flags, vfs: null);
        if (code != raw.SQLITE_OK)
        {
            var failure = SqliteFailure.Of(handle, code);
            handle.Dispose();
            throw failure;
        }

        raw.sqlite3_extended_result_codes(handle, 1);
        raw.sqlite3_busy_timeout(handle, BusyTimeoutMs);
        return new SqliteDatabase(handle);
    }

    /// <summary>The statement of this text: prepared once, then kept.</summary>
    public SqliteStatement Statement(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement)) _statements.Add(sql, statement = Prepare(sql));
        return statement;
    }

    /// <summary>Runs statements that are needed once.</summary>
    public void Execute(string sql)
    {
        var code = raw.sqlite3_exec(_database, sql);
        if (code != raw.SQLITE_OK) throw SqliteFailure.Of(_database, raw.sqlite3_extended_errcode(_database));
    }

    /// <summary>The first column of the first row; null when there is none or it is null.</summary>
    public long? QueryInt64(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() && !statement.IsNull(0) ? statement.Int64(0) : null;
    }

    /// <summary>Copies the whole database, a few pages at a time, so that it can be cancelled in between.</summary>
    public void CopyTo(SqliteDatabase target, int stepPages, CancellationToken cancellation)
    {
        using var copying = raw.sqlite3_backup_init(target._database, "main", _database, "main");
        if (copying.IsInvalid) throw SqliteFailure.Of(target._database, raw.sqlite3_extended_errcode(target._database));
        int code;
        do
        {
            cancellation.ThrowIfCancellationRequested();
            code = raw.sqlite3_backup_step(copying, stepPages);
        }
        while (code == raw.SQLITE_OK);
        if (code != raw.SQLITE_DONE) throw new SqliteFailure(code, raw.sqlite3_errstr(code).utf8_to_string());
    }

    /// <summary>Gives up the open transaction, if there is one; SQLite may have done so itself.</summary>
    public void RollBack()
    {
        if (InTransaction) Statement(SqliteSql.Rollback).Run();
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values) statement.Dispose();
        _database.Dispose();
    }

    private SqliteStatement Prepare(string sql)
    {
        var code = raw.sqlite3_prepare_v3(_database, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement);
        return code == raw.SQLITE_OK ? new SqliteStatement(_database, statement) : throw SqliteFailure.Of(_database, code);
    }
}
