using Dispatcher.Host.Configuration;
using Dispatcher.Tests.Shared;
using Npgsql;

namespace Dispatcher.Host.Tests.Database;

/// <summary>A PostgreSQL database of one test, and commands that find it by the environment.</summary>
internal sealed class DatabaseRun : IAsyncDisposable
{
    private static int _made;

    private readonly string _server;

    private DatabaseRun(string server, string name)
    {
        _server = server;
        Name = name;
        Connection = new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
        Commands.Set(SettingsEnvironment.StoreVariable, Connection);
    }

    public CommandRun Commands { get; } = new();

    public string Name { get; }

    public string Connection { get; }

    public static async Task<DatabaseRun> Create()
    {
        var server = (await PostgresCluster.Shared).ConnectionString;
        var run = new DatabaseRun(server, $"host_{Environment.ProcessId}_{Interlocked.Increment(ref _made)}");
        await Execute(server, $"CREATE DATABASE {run.Name}");
        return run;
    }

    /// <summary>The connection string with something else in it.</summary>
    public string With(Action<NpgsqlConnectionStringBuilder> change)
    {
        var builder = new NpgsqlConnectionStringBuilder(Connection);
        change(builder);
        return builder.ConnectionString;
    }

    /// <summary>What an operator says with psql; gives the first value.</summary>
    public Task<object?> Execute(string sql) => Execute(Connection, sql);

    public static async Task<object?> Execute(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Execute(_server, $"DROP DATABASE {Name} WITH (FORCE)");
        Commands.Dispose();
    }
}

/// <summary>One run after the other: each makes a schema, and the server is one.</summary>
[CollectionDefinition(Name)]
public sealed class DatabaseCollection
{
    public const string Name = "database";
}
