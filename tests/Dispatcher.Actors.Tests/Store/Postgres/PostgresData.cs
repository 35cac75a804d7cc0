using System.Collections.Concurrent;
using System.Diagnostics;
using Dispatcher.Store.Postgres;
using Dispatcher.Tests.Shared;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Dispatcher.Actors.Tests.Store.Postgres;

/// <summary>Tests on the shared server run one after the other, so that no test's transactions hold up another's readers of the journal.</summary>
[CollectionDefinition(Name)]
public sealed class PostgresCollection
{
    public const string Name = "postgres";
}

/// <summary>Tests on the second server, for the same reason one after the other, but beside those on the shared one.</summary>
[CollectionDefinition(Name)]
public sealed class SecondPostgresCollection
{
    public const string Name = "second postgres";
}

/// <summary>PostgreSQL stores on one schema. It is emptied at the end and used again, since making one takes longer than most tests.</summary>
internal sealed class PostgresData : IAsyncDisposable
{
    /// <summary>Everything but what the store itself writes when it makes the schema.</summary>
    private const string Empty =
        """
        DO $$
        DECLARE kept record;
        BEGIN
            FOR kept IN SELECT tablename FROM pg_tables WHERE schemaname = '{schema}' AND tablename NOT IN ('meta', 'schema_versions') AND tablename !~ '^journal_' LOOP
                EXECUTE format('DELETE FROM {schema}.%I', kept.tablename);
            END LOOP;
        END $$
        """;

    /// <summary>By the server's connection string.</summary>
    private static readonly ConcurrentDictionary<string, ConcurrentBag<string>> Emptied = new(StringComparer.Ordinal);

    private static int _made;

    private readonly string _server;
    private readonly bool _isKept;

    private PostgresData(string connectionString, string schema, bool isKept)
    {
        (_server, _isKept) = (connectionString, isKept);
        Options = new PostgresStoreOptions { ConnectionString = connectionString, Schema = schema, PartitionsAhead = 0, ShardCount = 16, NodeName = "test" };
    }

    public PostgresStoreOptions Options { get; init; }

    public static async Task<PostgresData> Create() => Create(await PostgresCluster.Shared);

    /// <summary>For tests of <see cref="SecondPostgresCollection"/>.</summary>
    public static async Task<PostgresData> CreateOnSecond() => Create(await PostgresCluster.Second);

    /// <summary>With a schema that is not there yet, and is removed at the end.</summary>
    public static async Task<PostgresData> CreateNew() => new((await PostgresCluster.Shared).ConnectionString, NewName(), isKept: false);

    /// <summary>As <see cref="CreateNew"/>, for tests of <see cref="SecondPostgresCollection"/>.</summary>
    public static async Task<PostgresData> CreateNewOnSecond() => new((await PostgresCluster.Second).ConnectionString, NewName(), isKept: false);

    private static PostgresData Create(PostgresCluster server) =>
        new(server.ConnectionString, EmptiedOf(server.ConnectionString).TryTake(out var schema) ? schema : NewName(), isKept: true);

    private static ConcurrentBag<string> EmptiedOf(string connectionString) => Emptied.GetOrAdd(connectionString, _ => []);

    public Task<PostgresJobStore> Open() => PostgresJobStore.Open(Options, TimeProvider.System, NullLogger.Instance);

    public async Task<NpgsqlConnection> Connect()
    {
        var connection = new NpgsqlConnection(Options.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Runs a statement as an operator would; <c>{schema}</c> is the schema's name. Gives the first column of the first row.</summary>
    public async Task<object?> Execute(string sql)
    {
        await using var connection = await Connect();
        return await Execute(connection, sql);
    }

    public async Task<object?> Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql.Replace("{schema}", Options.Schema, StringComparison.Ordinal), connection);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>Waits until the server says that something is so.</summary>
    public async Task Until(string condition)
    {
        await using var connection = await Connect();
        for (var attempt = 0; attempt < 20_000; attempt++)
        {
            if (await Execute(connection, $"SELECT {condition}") is true) return;
            await Execute(connection, "SELECT pg_sleep(0.005)");
        }

        Assert.Fail($"It never became true that {condition}.");
    }

    /// <summary>What waits for a lock, for the failure messages of <see cref="Until"/> and for its conditions.</summary>
    public static string IsWaiting(int processId) => $"EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND pid = {processId})";

    public async ValueTask DisposeAsync()
    {
        await Execute(_isKept ? Empty : "DROP SCHEMA IF EXISTS {schema} CASCADE");
        if (_isKept) EmptiedOf(_server).Add(Options.Schema);
    }

    private static string NewName() => $"test_{Environment.ProcessId}_{Stopwatch.GetTimestamp():x}_{Interlocked.Increment(ref _made)}";
}
