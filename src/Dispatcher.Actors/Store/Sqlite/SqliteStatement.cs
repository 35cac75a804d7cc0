using System.Text;
using Dispatcher.Jobs;
using SQLitePCL;

namespace Dispatcher.Store.Sqlite;

/// <summary>
/// A prepared statement: bind, step, read columns, reset. Parameters count from 1, columns from 0. Spans of columns are
/// valid until the next step.
/// </summary>
internal sealed class SqliteStatement(sqlite3 database, sqlite3_stmt statement) : IDisposable
{
    private const int StackBytes = 256;
    private const int IdBytes = 16;

    public void Bind(int parameter, long value) => Require(raw.sqlite3_bind_int64(statement, parameter, value));

    public void Bind(int parameter, ReadOnlySpan<byte> blob) => Require(raw.sqlite3_bind_blob(statement, parameter, blob));

    public void Bind(int parameter, string? text)
    {
        if (text is null)
        {
            Require(raw.sqlite3_bind_null(statement, parameter));
            return;
        }

        var length = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> bytes = length <= StackBytes ? stackalloc byte[StackBytes] : new byte[length];
        BindText(parameter, bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
    }

    public void Bind(int parameter, JobId id)
    {
        Span<byte> bytes = stackalloc byte[IdBytes];
        id.WriteBytes(bytes);
        Bind(parameter, bytes);
    }

    public void BindText(int parameter, ReadOnlySpan<byte> utf8) => Require(raw.sqlite3_bind_text(statement, parameter, utf8));

    public void BindNull(int parameter) => Require(raw.sqlite3_bind_null(statement, parameter));

    public void Bind(int parameter, DateTimeOffset? time)
    {
        if (time is { } value) Bind(parameter, StoredTime.ToMicroseconds(value));
        else BindNull(parameter);
    }

    /// <summary>True when there is a row to read, false at the end.</summary>
    /// <exception cref="SqliteFailure">Anything else.</exception>
    public bool Step()
    {
        var code = raw.sqlite3_step(statement);
        if (code == raw.SQLITE_ROW) return true;
        if (code == raw.SQLITE_DONE) return false;
        var failure = SqliteFailure.Of(database, code);
        Reset();
        throw failure;
    }

    /// <summary>Runs a statement without rows and makes it ready for the next time.</summary>
    public void Run()
    {
        Step();
        Reset();
    }

    /// <summary>Runs an insert; false when its unique key was there already, and nothing was written.</summary>
    public bool TryInsert()
    {
        var code = raw.sqlite3_step(statement);
        if (code == raw.SQLITE_DONE)
        {
            Reset();
            return true;
        }

        var failure = SqliteFailure.IsTaken(code) ? null : SqliteFailure.Of(database, code);
        Reset();
        return failure is null ? false : throw failure;
    }

    public void Reset() => raw.sqlite3_reset(statement);

    public bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;

    public long Int64(int column) => raw.sqlite3_column_int64(statement, column);

    /// <summary>The bytes of a blob, or of a text in UTF-8.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(statement, column);

    public string Text(int column) => Encoding.UTF8.GetString(Bytes(column));

    public JobId Id(int column) => JobId.FromBytes(Bytes(column));

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    public DateTimeOffset Time(int column) => StoredTime.FromMicroseconds(Int64(column));

    public DateTimeOffset? TimeOrNull(int column) => IsNull(column) ? null : Time(column);

    public void Dispose() => statement.Dispose();

    private void Require(int code)
    {
        if (code != raw.SQLITE_OK) throw SqliteFailure.Of(database, code);
    }
}
