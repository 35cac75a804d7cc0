using System.CommandLine;
using Dispatcher.Host.Commands;
using Dispatcher.Host.Composition;

namespace Dispatcher.Host.Remote;

/// <summary>The options that name a server. They stand at a group of commands and hold for all of it.</summary>
internal sealed class RemoteOptions
{
    public const string ServerVariable = "DISPATCHER_SERVER";
    public const string KeyVariable = "DISPATCHER_KEY";

    private readonly HostEdges _edges;

    private readonly Option<string?> _server = new("--server")
    {
        Description = $"The server's address, for example http://127.0.0.1:5080 (or {ServerVariable})",
        HelpName = "URL",
        Recursive = true,
    };

    private readonly Option<string?> _key = new("--key")
    {
        Description = $"The API key (better in {KeyVariable}, where others do not see it)",
        HelpName = "KEY",
        Recursive = true,
    };

    private RemoteOptions(HostEdges edges) => _edges = edges;

    public static RemoteOptions AddTo(Command group, HostEdges edges)
    {
        var options = new RemoteOptions(edges);
        group.Add(options._server);
        group.Add(options._key);
        return options;
    }

    /// <summary>
    /// The server that the options or the environment name; null if neither does: then a command that can works in the data directory. A directory
    /// or a database on the command line goes before a server in the environment.
    /// </summary>
    /// <exception cref="CommandException">It is no address.</exception>
    public ApiClient? Find(ParseResult parsed)
    {
        var server = parsed.GetValue(_server) ?? (NamesAStore(parsed) ? null : Variable(ServerVariable));
        if (server is null) return null;
        if (!Uri.TryCreate(server, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new CommandException(ExitCode.Usage, $"'{server}' is no address of a server: write http://HOST:PORT.");
        return new ApiClient(address, Key(parsed));
    }

    /// <summary>The named server, or the one that runs in the data directory, there as the operator of the machine if no key is named.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public ApiClient Require(ParseResult parsed)
    {
        if (Find(parsed) is { } named) return named;
        var data = EffectiveSettings.Load(_edges, null, null).DataDirectory;
        return RunningServer.Find(data) is { } running
            ? new ApiClient(running.Address, Key(parsed) ?? running.OperatorKey)
            : throw new CommandException(ExitCode.Failed, $"No server is named and none runs in {data}: start `dispatcher serve`, or name one with --server or {ServerVariable}.");
    }

    /// <summary>A server at an address; with the operator's key if it is the one that runs in the data directory and no key is named.</summary>
    public ApiClient At(Uri address, ParseResult parsed)
    {
        if (Key(parsed) is { } key) return new ApiClient(address, key);
        var own = RunningServer.Find(EffectiveSettings.Load(_edges, null, null).DataDirectory);
        return new ApiClient(address, own?.Address.Authority == address.Authority ? own.OperatorKey : null);
    }

    private static bool NamesAStore(ParseResult parsed) =>
        parsed.GetResult(SharedOptions.DataName) is not null || parsed.GetResult(SharedOptions.StoreName) is not null;

    private string? Key(ParseResult parsed) => parsed.GetValue(_key) ?? Variable(KeyVariable);

    private string? Variable(string name) => _edges.Environment.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
}
