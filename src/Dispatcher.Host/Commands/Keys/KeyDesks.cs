using System.CommandLine;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;

namespace Dispatcher.Host.Commands.Keys;

/// <summary>Finds out where a command about keys works: on the server that is named, on the one that runs in the data directory, or in the store.</summary>
internal sealed class KeyDesks(HostEdges edges, RemoteOptions remote)
{
    private readonly Option<string?> _data = SharedOptions.Data();
    private readonly Option<string?> _store = SharedOptions.Store();
    private readonly Option<string?> _config = SharedOptions.Config();
    private readonly Option<string> _output = SharedOptions.Output("table", "json");

    /// <param name="mayMake">Whether a database is made when there is none.</param>
    public Command Command(string name, string description, IEnumerable<Symbol> symbols, bool mayMake, Func<ParseResult, IKeyDesk, Task> run)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument) command.Add(argument);
            else command.Add((Option)symbol);
        }

        foreach (var option in (Option[])[_data, _store, _config, _output]) command.Add(option);
        command.SetAction(async (parsed, _) =>
        {
            await using var desk = await Open(parsed, mayMake);
            await run(parsed, desk);
            return ExitCode.Ok;
        });
        return command;
    }

    public bool IsJson(ParseResult parsed) => parsed.GetRequiredValue(_output) == "json";

    private async Task<IKeyDesk> Open(ParseResult parsed, bool mayMake)
    {
        if (remote.Find(parsed) is { } named) return new RemoteKeyDesk(named);
        var settings = EffectiveSettings.Load(edges, parsed.GetValue(_config), parsed.GetValue(_data), parsed.GetValue(_store));
        return RunningServer.Find(settings.DataDirectory) is { } running && running.Store == new StorePlace(settings).Name
            ? new RemoteKeyDesk(new ApiClient(running.Address, running.OperatorKey))
            : await LocalKeyDesk.Open(settings, edges, mayMake);
    }
}
