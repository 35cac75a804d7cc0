using System.Collections.Concurrent;
using Dispatcher.Kernel;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>
/// The connections of a store. Statements are written with <c>{schema}</c> before each table and depend on nothing that a session keeps, so that a pooler may
/// give each transaction another connection.
/// </summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    /// <summary>How often a transaction is tried that failed without leaving anything behind.</summary>
    public const int AttemptLimit = 8;

    /// <summary>How often a read is tried: the second connection may turn out to be dead as well.</summary>
    private const int ReadLimit = 3;

    /// <summary>A peer that has vanished without a word is found out after a few times this.</summary>
    private const int KeepAliveSeconds = 10;

    private readonly string _connectionString;
    private readonly NpgsqlDataSource _source;
    private readonly ConcurrentDictionary<string, string> _statements = new(StringComparer.Ordinal);

    /// <exception cref="StoreException">The connection string or an option makes no sense.</exception>
    public PostgresDatabase(PostgresStoreOptions options)
    {
        options.Validate();
        Schema = options.Schema;
        _connectionString = ConnectionString(options);
        _source = NpgsqlDataSource.Create(_connectionString);
    }

    public string Schema { get; }

    /// <summary>The statement with the schema's name in it.</summary>
    public string Sql(string statement) =>
        _statements.GetOrAdd(statement, static (text, schema) => text.Replace("{schema}", schema, StringComparison.Ordinal), Schema);

    /// <exception cref="StoreException">No connection could be had.</exception>
    public async ValueTask<NpgsqlConnection> Connect()
    {
        try
        {
            return await _source.OpenConnectionAsync();
        }
        catch (Exception failure) when (PostgresFailure.Is(failure))
        {
            throw PostgresFailure.Explain(failure);
        }
    }

    /// <summary>Like <see cref="Connect"/>, for the thread of the group commit; its failures are as they come.</summary>
    public NpgsqlConnection ConnectBlocking() => _source.OpenConnection();

    /// <summary>A connection outside the pool, for what needs a session of its own. It gives up after the time, with whatever it does.</summary>
    public NpgsqlConnection ConnectApart(TimeSpan patience)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(patience.TotalSeconds));
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_connectionString) { Pooling = false, Timeout = seconds, CommandTimeout = seconds }.ConnectionString);
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public NpgsqlCommand Command(NpgsqlConnection connection, string statement) => new(Sql(statement), connection);

    /// <summary>Reads over a connection of the pool; again when the connection turns out to be dead.</summary>
    /// <param name="mayRepeat">False for what must not happen twice.</param>
    /// <exception cref="StoreException">It could not be read.</exception>
    public async ValueTask<TResult> Read<TResult>(Func<PostgresDatabase, NpgsqlConnection, Task<TResult>> read, bool mayRepeat = true)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await _source.OpenConnectionAsync();
                return await read(this, connection);
            }
            catch (Exception failure) when (PostgresFailure.Is(failure))
            {
                if (attempt >= ReadLimit || !mayRepeat || !PostgresFailure.IsConnectionLost(failure)) throw PostgresFailure.Explain(failure);
                // The others of the pool are most likely dead as well.
                _source.Clear();
            }
        }
    }

    /// <summary>
    /// For rare writes: all in one transaction or nothing, and only while the incarnation may write. Tried again while it fails without leaving anything.
    /// </summary>
    /// <exception cref="StoreException">It could not be written, or the incarnation may not write any more.</exception>
    public async ValueTask<TResult> Write<TResult>(long incarnation, Func<PostgresDatabase, NpgsqlConnection, Task<TResult>> write)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await _source.OpenConnectionAsync();
                await using var transaction = await connection.BeginTransactionAsync();
                if (!await IsAlive(connection, incarnation))
                    throw new StoreException("This process has lost its right to write: it was declared dead, and its jobs belong to others now. Start it again.");
                var result = await write(this, connection);
                await transaction.CommitAsync();
                return result;
            }
            catch (Exception failure) when (PostgresFailure.Is(failure))
            {
                if (attempt >= AttemptLimit || !PostgresFailure.IsWorthAnotherTry(failure)) throw PostgresFailure.Explain(failure);
                if (PostgresFailure.IsStatementLost(failure)) _source.Clear();
            }
        }
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task<bool> IsAlive(NpgsqlConnection connection, long incarnation)
    {
        await using var fence = Command(connection, PostgresSql.Fence);
        fence.Add(incarnation);
        return await fence.ExecuteScalarAsync() is not null;
    }

    private static string ConnectionString(PostgresStoreOptions options)
    {
        try
        {
            var builder = new NpgsqlConnectionStringBuilder(options.ConnectionString)
            {
                Timeout = (int)options.ConnectTimeout.TotalSeconds,
                CommandTimeout = (int)options.CommandTimeout.TotalSeconds,
                MaxPoolSize = options.MaxConnections,
                MaxAutoPrepare = options.PreparedStatements,
                NoResetOnClose = true,
                Enlist = false,
                TcpKeepAlive = true,
                TcpKeepAliveTime = KeepAliveSeconds,
                TcpKeepAliveInterval = KeepAliveSeconds,
            };
            builder.ApplicationName ??= "dispatcher";
            Check.That(builder.Pooling);
            return builder.ConnectionString;
        }
        catch (ArgumentException failure)
        {
            throw new StoreException($"The connection string of the PostgreSQL store is wrong: {failure.Message}", failure);
        }
    }
}
