using System.Diagnostics.Metrics;
using Dispatcher.Kernel;
using Dispatcher.Store.GroupCommit;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Store.Sqlite;

/// <summary>
/// The store of a single node: one SQLite database in a data directory that one process at a time may write. All writes go over one
/// connection; reads have a few of their own, which see each commit as soon as it was answered.
/// </summary>
/// <remarks>
/// Invariants: 1. one writing process a data directory, by a lock of the operating system; 2. an incarnation that is not <c>alive</c>
/// in the table <c>nodes</c> writes nothing; 3. sequence numbers of a job have no gap. Times are cut to
/// microseconds (<see cref="StoredTime"/>).
/// </remarks>
public sealed partial class SqliteJobStore : INodeStore
{
    private readonly Lock _writeLock = new();
    private readonly string _databaseFile;
    private readonly SqliteReadPool _readers;
    private readonly DataDirectory? _directory;
    private readonly SqliteDatabase? _database;
    private readonly GroupCommitWriter? _writer;
    private readonly ILogger _logger;
    private bool _disposed;

    private SqliteJobStore(SqliteStoreOptions options, DataDirectory directory, SqliteDatabase database, long incarnation, ILogger logger, Func<CommitQueue, JournalMetrics>? measure)
    {
        _logger = logger;
        _directory = directory;
        _database = database;
        Incarnation = incarnation;
        _databaseFile = DataDirectory.DatabaseFile(options.DataDirectory);
        _readers = new SqliteReadPool(_databaseFile);
        var queue = new CommitQueue(options.BatchLimitEvents, options.BatchLimitBytes, options.QueueLimitEvents);
        _writer = new GroupCommitWriter(queue, new SqliteBatchWriter(database, _writeLock, incarnation), logger, measure?.Invoke(queue));
    }

    private SqliteJobStore(string dataDirectory, ILogger logger)
    {
        _logger = logger;
        _databaseFile = DataDirectory.DatabaseFile(dataDirectory);
        _readers = new SqliteReadPool(_databaseFile);
    }

    /// <summary>The number of this process's life; 0 when the store was opened for reading only.</summary>
    public long Incarnation { get; }

    /// <summary>Opens the store for writing: takes the directory, brings the schema up to date and begins a new incarnation.</summary>
    /// <param name="meter">Where the journal makes its instruments; without one nothing is measured.</param>
    /// <exception cref="DataDirectoryInUseException">Another process has the directory.</exception>
    /// <exception cref="StoreVersionException">A newer version has written the database.</exception>
    /// <exception cref="StoreException">The directory cannot be written, or the database is damaged.</exception>
    public static SqliteJobStore Open(SqliteStoreOptions options, TimeProvider time, ILogger logger, Meter? meter = null)
    {
        Func<CommitQueue, JournalMetrics>? measure = meter is null ? null : queue => new JournalMetrics(meter, time, queue);
        var directory = DataDirectory.Take(options.DataDirectory);
        SqliteDatabase? database = null;
        try
        {
            database = SqliteDatabase.Open(DataDirectory.DatabaseFile(options.DataDirectory), readOnly: false);
            database.Execute(SqlitePragmas.Writer(options.Synchronous));
            SqliteMigrations.Apply(database, time.GetUtcNow());
            var store = new SqliteJobStore(options, directory, database, BeginIncarnation(database, time.GetUtcNow()), logger, measure);
            store.LogOpened(options.DataDirectory, store.Incarnation, options.Synchronous);
            return store;
        }
        catch (Exception failure)
        {
            database?.Dispose();
            directory.Dispose();
            if (failure is SqliteFailure) throw new StoreException($"The data directory {options.DataDirectory} cannot be used: {failure.Message}", failure);
            throw;
        }
    }

    /// <summary>Opens the store for reading only, beside a process that writes or after one.</summary>
    /// <exception cref="StoreVersionException">The database has another schema than this program.</exception>
    /// <exception cref="StoreException">There is no database, or it cannot be read.</exception>
    public static SqliteJobStore OpenReadOnly(string dataDirectory, ILogger logger)
    {
        var file = DataDirectory.DatabaseFile(dataDirectory);
        if (!File.Exists(file))
            throw new StoreException($"There is no database {file}: no Dispatcher has started in this data directory yet.");
        using (var database = SqliteDatabase.Open(file, readOnly: true)) SqliteMigrations.Require(database);
        return new SqliteJobStore(dataDirectory, logger);
    }

    /// <summary>True when a Dispatcher has started in this directory before.</summary>
    public static bool Exists(string dataDirectory) => File.Exists(FileIn(dataDirectory));

    /// <summary>The database of a data directory.</summary>
    public static string FileIn(string dataDirectory) => DataDirectory.DatabaseFile(dataDirectory);

    /// <summary>The number of the process that writes in this data directory now; null if none does.</summary>
    public static int? FindWriter(string dataDirectory) => DataDirectory.Holder(dataDirectory);

    /// <summary>As the contract says. Once the store is being disposed: <see cref="AppendResult.Fenced"/>.</summary>
    /// <exception cref="InvalidOperationException">The store was opened for reading only.</exception>
    public ValueTask<AppendResult> Append(AppendRequest request) => Writer().Append(request);

    /// <summary>As the contract says; a listener that throws is logged and harms no commit.</summary>
    /// <exception cref="InvalidOperationException">The store was opened for reading only: it commits nothing that could be heard.</exception>
    public IDisposable Listen(IJournalListener listener) => Writer().Listen(listener);

    /// <summary>Takes from an incarnation its right to write: when this returns, its later appends are refused for ever.</summary>
    public void FenceOff(long incarnation) => SetNodeState(incarnation, "dead");

    /// <summary>For tests: the disk is full at this many pages.</summary>
    internal void LimitPages(long pages)
    {
        lock (_writeLock) Database().Execute($"PRAGMA max_page_count = {pages}");
    }

    /// <summary>Writes and answers what is queued, copies the log into the database, and leaves the directory to others.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        if (_writer is not null) await _writer.DisposeAsync();
        _readers.Dispose();
        if (_database is not null) Close(_database);
        _directory?.Dispose();
    }

    private static long BeginIncarnation(SqliteDatabase database, DateTimeOffset now)
    {
        database.Execute(SqliteSql.BeginImmediate);
        database.Execute(SqliteSql.BuryNodes);
        var insert = database.Statement(SqliteSql.InsertNode);
        insert.Bind(1, now);
        insert.Step();
        var incarnation = insert.Int64(0);
        insert.Reset();
        database.Execute(SqliteSql.Commit);
        Check.That(incarnation > 0);
        return incarnation;
    }

    /// <summary>What was acknowledged is durable already, so a failure here costs the next start a little time and nothing else.</summary>
    private void Close(SqliteDatabase database)
    {
        try
        {
            SetNodeState(Incarnation, "left");
            database.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        catch (StoreException failure)
        {
            LogCloseFailed(failure);
        }

        database.Dispose();
    }

    private void SetNodeState(long incarnation, string state)
    {
        lock (_writeLock)
        {
            var statement = Database().Statement(SqliteSql.SetNodeState);
            statement.Bind(1, incarnation);
            statement.Bind(2, state);
            statement.Run();
        }
    }

    /// <summary>For rare writes: takes the writer's connection between two batches, and writes all in one transaction or nothing.</summary>
    /// <exception cref="StoreException">It could not be written, or this incarnation may not write any more.</exception>
    private ValueTask<TResult> Write<TArgument, TResult>(TArgument argument, Func<SqliteDatabase, TArgument, TResult> change)
    {
        lock (_writeLock)
        {
            var database = Database();
            try
            {
                // A failed disk may have refused the last roll-back too.
                database.RollBack();
                database.Execute(SqliteSql.BeginImmediate);
                if (!IsAlive(database)) throw new StoreException("This process has lost its right to write: another one has taken over its store.");
                var result = change(database, argument);
                database.Execute(SqliteSql.Commit);
                return ValueTask.FromResult(result);
            }
            catch
            {
                database.RollBack();
                throw;
            }
        }
    }

    private bool IsAlive(SqliteDatabase database)
    {
        var state = database.Statement(SqliteSql.NodeState);
        state.Bind(1, Incarnation);
        var alive = state.Step() && state.Bytes(0).SequenceEqual("alive"u8);
        state.Reset();
        return alive;
    }

    private GroupCommitWriter Writer() => _writer ?? throw ReadOnly();

    private SqliteDatabase Database() => _database ?? throw ReadOnly();

    private static InvalidOperationException ReadOnly() =>
        new("The store was opened for reading only; writes go through the running server.");
}
