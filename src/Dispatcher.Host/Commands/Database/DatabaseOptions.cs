using System.CommandLine;
using Dispatcher.Host.Composition;
using Dispatcher.Store.Postgres;

namespace Dispatcher.Host.Commands.Database;

/// <summary>The options that name a PostgreSQL database. They stand at a group of commands and hold for all of it.</summary>
internal sealed class DatabaseOptions
{
    public const string StoreVariable = "DISPATCHER_STORE";

    private readonly HostEdges _edges;

    private readonly Option<string?> _store = new("--store")
    {
        Description = $"The database, for example \"Host=db;Database=dispatcher;Username=dispatcher\" (better in {StoreVariable} if there is a password in it)",
        HelpName = "CONNECTION",
        Recursive = true,
    };

    private readonly Option<string> _schema = new("--schema")
    {
        Description = "The schema of the tables",
        HelpName = "NAME",
        DefaultValueFactory = _ => new PostgresStoreOptions { ConnectionString = "" }.Schema,
        Recursive = true,
    };

    private readonly Option<int> _shards = new("--shards")
    {
        Description = "Over how many shards jobs are spread; decided once, when the schema is made",
        HelpName = "COUNT",
        DefaultValueFactory = _ => new PostgresStoreOptions { ConnectionString = "" }.ShardCount,
        Recursive = true,
    };

    private DatabaseOptions(HostEdges edges) => _edges = edges;

    public static DatabaseOptions AddTo(Command group, HostEdges edges)
    {
        var options = new DatabaseOptions(edges);
        group.Add(options._store);
        group.Add(options._schema);
        group.Add(options._shards);
        return options;
    }

    /// <exception cref="CommandException">No database is named.</exception>
    public PostgresStoreOptions Require(ParseResult parsed) => new()
    {
        ConnectionString = parsed.GetValue(_store) ?? (_edges.Environment.GetValueOrDefault(StoreVariable) is { Length: > 0 } named ? named : throw Unnamed()),
        Schema = parsed.GetValue(_schema)!,
        ShardCount = parsed.GetValue(_shards),
    };

    private static CommandException Unnamed() =>
        new(ExitCode.Usage, $"No database is named: give --store \"Host=...;Database=...;Username=...\", or set {StoreVariable}.");
}
