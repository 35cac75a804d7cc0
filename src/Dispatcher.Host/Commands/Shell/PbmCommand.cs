using System.CommandLine;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;

namespace Dispatcher.Host.Commands.Shell;

/// <summary><c>dispatcher pbm [HOST:PORT] [COMMAND...]</c>: a shell on one server, or one command there, as Petabridge.Cmd has it.</summary>
internal static class PbmCommand
{
    public const string Name = "pbm";

    public static Command Create(HostEdges edges)
    {
        var words = new Argument<string[]>("[HOST:PORT] [COMMAND...]")
        {
            Description = "The server, unless it is the one of the data directory or of DISPATCHER_SERVER; and a command to run there instead of a shell",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command(Name, "Open a shell on a server, or run one command there, such as `dispatcher pbm 127.0.0.1:5080 cluster leave`") { words };
        var remote = RemoteOptions.AddTo(command, edges);
        command.SetAction(async (parsed, _) =>
        {
            var given = parsed.GetValue(words) ?? [];
            var place = given is [var first, ..] ? AddressOf(first) : null;
            var session = new ShellSession(place is null ? Inner(edges, remote.Require(parsed)) : Inner(edges, remote.At(place, parsed)));
            var line = place is null ? given : given[1..];
            return line.Length > 0 ? await session.RunOne(line) : await session.Run();
        });
        return command;
    }

    /// <summary><c>HOST:PORT</c> or an URL; null for what is the first word of a command.</summary>
    private static Uri? AddressOf(string text)
    {
        if (text.Contains("://", StringComparison.Ordinal)) return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url : throw Wrong(text);
        var colon = text.LastIndexOf(':');
        if (colon <= 0) return null;
        return ushort.TryParse(text.AsSpan(colon + 1), out _) && Uri.TryCreate($"http://{text}", UriKind.Absolute, out var address) ? address : throw Wrong(text);
    }

    private static CommandException Wrong(string text) => new(ExitCode.Usage, $"'{text}' is no address of a server: write HOST:PORT, or https://HOST:PORT.");

    /// <summary>The commands in the shell find the server and the key where any command does: in the environment.</summary>
    private static (HostEdges Edges, Uri Server) Inner(HostEdges edges, ApiClient api)
    {
        using (api)
        {
            var environment = new Dictionary<string, string>(edges.Environment, StringComparer.Ordinal) { [RemoteOptions.ServerVariable] = api.Server.ToString() };
            if (api.Key is { } key) environment[RemoteOptions.KeyVariable] = key;
            return (edges with { Environment = environment }, api.Server);
        }
    }
}
