using System.Collections.Concurrent;

namespace Dispatcher.Store.Sqlite;

/// <summary>Connections for reading, made when needed, at most a few; who finds all of them busy waits.</summary>
internal sealed class SqliteReadPool(string databaseFile) : IDisposable
{
    private const int ConnectionLimit = 4;

    private readonly SemaphoreSlim _free = new(ConnectionLimit, ConnectionLimit);
    private readonly ConcurrentBag<SqliteReader> _idle = [];
    private volatile bool _disposed;

    /// <summary>Runs a query on the caller's thread.</summary>
    public async ValueTask<TResult> Read<TArgument, TResult>(TArgument argument, Func<SqliteReader, TArgument, TResult> query)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _free.WaitAsync();
        try
        {
            var reader = _idle.TryTake(out var idle) ? idle : Connect();
            try
            {
                var result = query(reader, argument);
                _idle.Add(reader);
                return result;
            }
            catch
            {
                // A statement may have been left half-way; the next reader gets a fresh connection.
                reader.Dispose();
                throw;
            }
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Waits for the reads that run, then closes all.</summary>
    public void Dispose()
    {
        _disposed = true;
        for (var i = 0; i < ConnectionLimit; i++) _free.Wait();
        while (_idle.TryTake(out var reader)) reader.Dispose();
        _free.Release(ConnectionLimit);
    }

    private SqliteReader Connect()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var database = SqliteDatabase.Open(databaseFile, readOnly: true);
        database.Execute(SqlitePragmas.Reader);
        return new SqliteReader(database);
    }
}
