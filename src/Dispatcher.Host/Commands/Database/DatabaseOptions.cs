using System.CommandLine;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Configuration;
using Dispatcher.Store.Postgres;

namespace Dispatcher.Host.Commands.Database;

/// <summary>The options that name a PostgreSQL database. They stand at a group of commands and hold for all of it.</summary>
internal sealed class DatabaseOptions
{
    private readonly HostEdges _edges;
    private readonly Option<string?> _store = SharedOptions.Store();
    private readonly Option<string?> _config = SharedOptions.Config();

    private DatabaseOptions(HostEdges edges) => _edges = edges;

    public static DatabaseOptions AddTo(Command group, HostEdges edges)
    {
        var options = new DatabaseOptions(edges);
        foreach (var option in (Option[])[options._store, options._config])
        {
            option.Recursive = true;
            group.Add(option);
        }

        return options;
    }

    /// <exception cref="CommandException">No database is named.</exception>
    public PostgresStoreOptions Require(ParseResult parsed) =>
        new StorePlace(EffectiveSettings.Load(_edges, parsed.GetValue(_config), null, parsed.GetValue(_store))).Postgres
        ?? throw new CommandException(
            ExitCode.Usage, $"No database is named: give {SharedOptions.StoreName} \"Host=...;Database=...;Username=...\", or set {SettingsEnvironment.StoreVariable}.");
}
