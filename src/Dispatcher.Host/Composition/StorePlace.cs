using System.Globalization;
using Dispatcher.Host.Configuration;
using Dispatcher.Store;
using Dispatcher.Store.Postgres;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Host.Composition;

/// <summary>Where a command's jobs are: in PostgreSQL when the settings name a database, in the data directory otherwise. Says it in messages, too.</summary>
internal sealed class StorePlace
{
    private readonly DispatcherSettings _settings;

    public StorePlace(DispatcherSettings settings)
    {
        _settings = settings;
        Postgres = settings.Store.Connection.Length > 0 ? PostgresOptions(settings) : null;
        Name = Postgres is null ? settings.DataDirectory : PostgresConnectionText.Place(Postgres.ConnectionString);
        Option = Postgres is null ? $"--data {settings.DataDirectory}" : $"--store \"{PostgresConnectionText.WithoutSecrets(Postgres.ConnectionString)}\"";
        Noun = Postgres is null ? "data directory" : "database";
    }

    /// <summary>Null for the embedded engine.</summary>
    public PostgresStoreOptions? Postgres { get; }

    /// <summary>The data directory, or the database without user and password.</summary>
    public string Name { get; }

    /// <summary>How a command names it: <c>--data DIR</c>, or <c>--store "..."</c> without the password.</summary>
    public string Option { get; }

    /// <summary><c>data directory</c> or <c>database</c></summary>
    public string Noun { get; }

    /// <summary>True when a Dispatcher has started on it before.</summary>
    /// <exception cref="StoreException">The database cannot be reached.</exception>
    public async ValueTask<bool> Exists() =>
        Postgres is null ? SqliteJobStore.Exists(_settings.DataDirectory) : (await PostgresAdministration.Status(Postgres)).Version > 0;

    /// <summary>For writing: begins the life of a node.</summary>
    /// <exception cref="StoreException">It cannot be used; the message says why.</exception>
    public async Task<INodeStore> Open(TimeProvider time, ILogger logger) =>
        Postgres is null ? SqliteJobStore.Open(SqliteOptions(_settings), time, logger) : await PostgresJobStore.Open(Postgres, time, logger);

    /// <exception cref="StoreException">It cannot be read; the message says why.</exception>
    public async Task<INodeStore> OpenReadOnly(TimeProvider time) => Postgres is null
        ? SqliteJobStore.OpenReadOnly(_settings.DataDirectory, NullLogger.Instance)
        : await PostgresJobStore.OpenReadOnly(Postgres, time, NullLogger.Instance);

    /// <summary>Who works on it now; null if nobody does.</summary>
    public async ValueTask<StoreHolder?> FindHolder(IStoreInspection store)
    {
        if (Postgres is null) return SqliteJobStore.FindWriter(_settings.DataDirectory) is { } process ? new StoreHolder(process.ToString(CultureInfo.InvariantCulture), process) : null;
        var nodes = await store.ReadNodes();
        return nodes.LastOrDefault(node => node.State == "alive") is { } alive ? new StoreHolder($"node {alive.Incarnation}", null) : null;
    }

    public static SqliteStoreOptions SqliteOptions(DispatcherSettings settings) => new()
    {
        DataDirectory = settings.DataDirectory,
        Synchronous = settings.Store.Synchronous switch
        {
            StoreSynchronous.Normal => SqliteSynchronous.Normal,
            StoreSynchronous.Off => SqliteSynchronous.Off,
            _ => SqliteSynchronous.Full,
        },
        BatchLimitEvents = settings.Store.BatchLimitEvents,
        BatchLimitBytes = (int)settings.Store.BatchLimitBytes,
        QueueLimitEvents = settings.Store.QueueLimitEvents,
    };

    private static PostgresStoreOptions PostgresOptions(DispatcherSettings settings)
    {
        var postgres = settings.Store.Postgres;
        return new PostgresStoreOptions
        {
            ConnectionString = settings.Store.Connection,
            Schema = postgres.Schema,
            ShardCount = postgres.Shards,
            NodeName = settings.NodeName.Length > 0 ? settings.NodeName : Environment.MachineName,
            ConnectTimeout = postgres.ConnectTimeout,
            CommandTimeout = postgres.CommandTimeout,
            MaxConnections = postgres.MaxConnections,
            PreparedStatements = postgres.PreparedStatements,
            PartitionsAhead = postgres.PartitionsAhead,
            BatchLimitEvents = Math.Min(settings.Store.BatchLimitEvents, PostgresStoreOptions.MostBatchEvents),
            BatchLimitBytes = (int)settings.Store.BatchLimitBytes,
            QueueLimitEvents = settings.Store.QueueLimitEvents,
        };
    }
}

/// <summary>Who works on a store.</summary>
/// <param name="Name">A process, or a node of the database.</param>
/// <param name="ProcessId">Its process, if it is one of this machine.</param>
internal sealed record StoreHolder(string Name, int? ProcessId);
