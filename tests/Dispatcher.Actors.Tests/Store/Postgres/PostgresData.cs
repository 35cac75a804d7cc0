using System.Diagnostics;
using Dispatcher.Store;
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

/// <summary>PostgreSQL stores on one schema that is removed at the end.</summary>
internal sealed class PostgresData : IAsyncDisposable
{
    private static int _made;

    private PostgresData(string connectionString) => Options = new PostgresStoreOptions
    {
        ConnectionString = connectionString,
        Schema = $"test_{Environment.ProcessId}_{Stopwatch.GetTimestamp():x}_{Interlocked.Increment(ref _made)}",
        PartitionsAhead = 0,
        ShardCount = 16,
        NodeName = "test",
    };

    public PostgresStoreOptions Options { get; }

    public static async Task<PostgresData> Create() => new((await PostgresCluster.Shared).ConnectionString);

    public Task<PostgresJobStore> Open() => PostgresJobStore.Open(Options, TimeProvider.System, NullLogger.Instance);

    /// <summary>Runs a statement as an operator would; <c>{schema}</c> is the schema's name. Gives the first column of the first row.</summary>
    public async Task<object?> Execute(string sql)
    {
        await using var connection = new NpgsqlConnection(Options.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql.Replace("{schema}", Options.Schema, StringComparison.Ordinal), connection);
        return await command.ExecuteScalarAsync();
    }

    public async ValueTask DisposeAsync() => await Execute("DROP SCHEMA IF EXISTS {schema} CASCADE");
}
