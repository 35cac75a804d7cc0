using System.Diagnostics.Metrics;
using Dispatcher.Kernel;
using Dispatcher.Store.GroupCommit;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Store.Postgres;

/// <summary>
/// The store of a cluster: one schema of a PostgreSQL database that many nodes share. Each node writes its journal over one connection, in batches, and reads
/// over a pool.
/// </summary>
/// <remarks>
/// Invariants: 1. an incarnation that is not <c>alive</c> in the table <c>nodes</c> writes nothing, whatever it believes; 2. sequence numbers of a job have no
/// gap, also when two nodes write at once; 3. a reader of the journal passes over no event (<see cref="PostgresOrdering"/>). Times are cut to microseconds.
/// </remarks>
public sealed partial class PostgresJobStore : INodeStore
{
    private readonly PostgresStoreOptions _options;
    private readonly PostgresDatabase _database;
    private readonly GroupCommitWriter? _writer;
    private readonly PostgresHints? _hints;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _orderingOffset;
    private bool _disposed;

    private PostgresJobStore(PostgresStoreOptions options, PostgresDatabase database, long orderingOffset, TimeProvider time, ILogger logger)
    {
        _options = options;
        _database = database;
        _orderingOffset = orderingOffset;
        _time = time;
        _logger = logger;
    }

    private PostgresJobStore(PostgresStoreOptions options, PostgresDatabase database, PostgresOpening opening, TimeProvider time, ILogger logger, Meter? meter)
        : this(options, database, opening.OrderingOffset, time, logger)
    {
        Incarnation = opening.Incarnation;
        var queue = new CommitQueue(options.BatchLimitEvents, options.BatchLimitBytes, options.QueueLimitEvents);
        Commits = new PostgresBatchWriter(database, opening, options.ShardCount);
        _hints = new PostgresHints(database, logger);
        _writer = new GroupCommitWriter(queue, Commits, logger, meter is null ? null : new JournalMetrics(meter, time, queue));
        Tail = new PostgresJournalTail(database, _writer, _orderingOffset, ReadLastOrdering, time, logger);
    }

    /// <summary>The number of this process's life; 0 when the store was opened for reading only.</summary>
    public long Incarnation { get; }

    /// <summary>Over how many shards jobs are spread.</summary>
    public int ShardCount => _options.ShardCount;

    /// <inheritdoc/>
    public ClockReading Clock { get; private init; } = null!;

    /// <summary>For tests that stop a commit on its way.</summary>
    internal PostgresBatchWriter? Commits { get; }

    /// <summary>Opens the store for writing: brings the schema up to date and begins a new incarnation.</summary>
    /// <param name="meter">Where the journal makes its instruments; without one nothing is measured.</param>
    /// <exception cref="StoreVersionException">A newer version has written the database.</exception>
    /// <exception cref="StoreException">The database cannot be reached or used, or has another number of shards.</exception>
    public static async Task<PostgresJobStore> Open(PostgresStoreOptions options, TimeProvider time, ILogger logger, Meter? meter = null)
    {
        var database = new PostgresDatabase(options);
        try
        {
            var clock = await ReadClock(database, time);
            var opening = await PostgresOpening.Begin(database, options, clock.Now);
            var store = new PostgresJobStore(options, database, opening, time, logger, meter) { Clock = clock };
            store.LogOpened(options.Schema, store.Incarnation, options.ShardCount);
            if (opening.PartitionsFault is { } fault) store.LogPartitionsMissing(fault);
            return store;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    private static ValueTask<ClockReading> ReadClock(PostgresDatabase database, TimeProvider time) => database.Read(async (_, connection) =>
    {
        await using var ask = database.Command(connection, PostgresSql.ReadClock);
        var askedAt = time.GetTimestamp();
        var now = (long)(await ask.ExecuteScalarAsync())!;
        return ClockReading.Between(time, askedAt, time.GetTimestamp(), StoredTime.FromMicroseconds(now));
    });

    /// <summary>Opens the store for reading only, beside nodes that write or after them.</summary>
    /// <exception cref="StoreVersionException">The database has another schema than this program, or none.</exception>
    /// <exception cref="StoreException">The database cannot be reached.</exception>
    public static async Task<PostgresJobStore> OpenReadOnly(PostgresStoreOptions options, TimeProvider time, ILogger logger)
    {
        var database = new PostgresDatabase(options);
        try
        {
            var offset = await database.Read(static async (database, connection) =>
            {
                await PostgresMigrations.Require(database, connection);
                return await PostgresOpening.ReadOffset(database, connection);
            });
            return new PostgresJobStore(options, database, offset, time, logger);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>As the contract says. Once the store is being disposed: <see cref="AppendResult.Fenced"/>.</summary>
    /// <exception cref="ArgumentException">More events than one transaction can number.</exception>
    /// <exception cref="InvalidOperationException">The store was opened for reading only.</exception>
    public ValueTask<AppendResult> Append(AppendRequest request)
    {
        if (request.Events.Count > PostgresOrdering.PlacesInATransaction)
            throw new ArgumentException($"An append of {request.Events.Count} events is more than the {PostgresOrdering.PlacesInATransaction} that one transaction can number.", nameof(request));
        return Writer().Append(request);
    }

    /// <summary>Takes from an incarnation its right to write: when this returns, its later appends are refused for ever.</summary>
    /// <exception cref="StoreException">It could not be written.</exception>
    public async ValueTask FenceOff(long incarnation) => await DeclareDead(incarnation);

    /// <summary>Makes the journal's partitions of the months ahead, if they are missing: once a day is plenty.</summary>
    /// <exception cref="StoreException">The database cannot be reached.</exception>
    public async ValueTask MakePartitions()
    {
        var fault = await _database.Read(async (database, connection) =>
        {
            await using var transaction = await connection.BeginTransactionAsync();
            var fault = await PostgresOpening.TryMakePartitions(database, connection, transaction, _time.GetUtcNow(), _options.PartitionsAhead);
            await transaction.CommitAsync();
            return fault;
        });
        if (fault is not null) LogPartitionsMissing(fault);
    }

    /// <summary>Writes and answers what is queued, and says that this node has left.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true)) return;
        if (_writer is not null)
        {
            await Tail!.DisposeAsync();
            await _writer.DisposeAsync();
            Commits!.Dispose();
            await _hints!.DisposeAsync();
            await TryLeave();
        }

        await _database.DisposeAsync();
    }

    /// <summary>What was acknowledged is durable already, so a failure here costs others a little time and nothing else.</summary>
    private async Task TryLeave()
    {
        try
        {
            await Leave();
        }
        catch (StoreException failure)
        {
            LogLeaveFailed(failure);
        }
    }

    /// <summary>For rare writes: all in one transaction or nothing, fenced like an append.</summary>
    /// <exception cref="StoreException">It could not be written, or this incarnation may not write any more.</exception>
    internal ValueTask<TResult> Write<TResult>(Func<PostgresDatabase, Npgsql.NpgsqlConnection, Task<TResult>> write) =>
        _writer is null ? throw ReadOnly() : _database.Write(Incarnation, write);

    private GroupCommitWriter Writer() => _writer ?? throw ReadOnly();

    private static InvalidOperationException ReadOnly() =>
        new("The store was opened for reading only; writes go through the running nodes.");
}
