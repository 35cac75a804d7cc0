using System.CommandLine.Parsing;
using Dispatcher.Host.Composition;

namespace Dispatcher.Host.Commands.Shell;

/// <summary>
/// A shell on one server: the same commands as on the command line, without <c>dispatcher</c> and <c>--server</c>. From a terminal with a prompt, history and completion;
/// from a pipe line by line, until one fails.
/// </summary>
internal sealed class ShellSession((HostEdges Edges, Uri Server) place)
{
    /// <summary>Commands that speak to a server; the others work on this machine, and have no place here.</summary>
    private static readonly string[] Palettes = ["cluster", "cluster-sharding", "actor", "log", "job", "workflow", "stats", "queue", "webhook", "quota", "key", "version"];

    private static readonly string[] OwnWords = ["help", "exit"];

    private readonly HostEdges _edges = place.Edges;

    /// <summary>As Petabridge.Cmd's: <c>[127.0.0.1:5080] pbm></c></summary>
    private string Prompt { get; } = $"[{place.Server.Authority}] pbm> ";

    /// <summary>Runs one command.</summary>
    public async Task<int> RunOne(IReadOnlyList<string> words)
    {
        if (words[0] == "help") return await Help([.. words.Skip(1)]);
        if (!Palettes.Contains(words[0], StringComparer.Ordinal))
            throw new CommandException(ExitCode.Usage, $"There is no command {words[0]} here; there are {string.Join(", ", Palettes)}. `help` says what they do.");
        return await CommandLine.Run([.. words], _edges);
    }

    /// <summary>Runs commands until the input ends, or somebody says exit.</summary>
    /// <returns>0; of a pipe, the exit code of the command that failed.</returns>
    public Task<int> Run() => _edges.ReadKey is { } readKey ? Interactively(readKey) : FromPipe();

    private async Task<int> FromPipe()
    {
        while (await _edges.In.ReadLineAsync() is { } line)
        {
            var words = Split(line);
            if (words.Count == 0 || words[0].StartsWith('#')) continue;
            if (IsExit(words)) return ExitCode.Ok;
            if (await RunOne(words) is not ExitCode.Ok and var failed) return failed;
        }

        return ExitCode.Ok;
    }

    private async Task<int> Interactively(Func<ConsoleKeyInfo> readKey)
    {
        var editor = new LineEditor(readKey, _edges.Out, Prompt, Complete);
        await _edges.Out.WriteLineAsync("`help` lists the commands, Tab completes them, `exit` leaves.");
        while (editor.ReadLine() is { } line)
        {
            var words = Split(line);
            if (words.Count == 0) continue;
            if (IsExit(words)) break;
            // A Ctrl-C ends the command that runs, and not the shell.
            using var signals = StopSignals.Listen();
            await TryRun(new ShellSession((_edges with { Signals = signals }, place.Server)), words);
        }

        return ExitCode.Ok;
    }

    private async Task TryRun(ShellSession session, IReadOnlyList<string> words)
    {
        try
        {
            await session.RunOne(words);
        }
        catch (CommandException fault)
        {
            await _edges.Error.WriteLineAsync(fault.Message);
        }
    }

    private async Task<int> Help(IReadOnlyList<string> about)
    {
        if (about.Count > 0) return await RunOne([.. about, "--help"]);
        foreach (var (name, description) in CommandLine.List(_edges).Where(command => Palettes.Contains(command.Name, StringComparer.Ordinal)))
            await _edges.Out.WriteLineAsync($"  {name,-17} {description}");
        await _edges.Out.WriteLineAsync($"  {"help COMMAND",-17} More about one\n  {"exit",-17} Leave the shell");
        return ExitCode.Ok;
    }

    /// <summary>What may stand at the end of the line, for the word that is begun there.</summary>
    private IEnumerable<string> Complete(string line)
    {
        var words = Split(line);
        var isFirst = words.Count == 0 || (words.Count == 1 && !line.EndsWith(' '));
        if (isFirst) return Palettes.Concat(OwnWords).Where(word => word.StartsWith(line.TrimStart(), StringComparison.Ordinal));
        // The completions are those of a whole command line.
        const string program = "dispatcher ";
        return CommandLine.Complete(program + line, program.Length + line.Length, _edges);
    }

    private static bool IsExit(IReadOnlyList<string> words) => words is ["exit" or "quit"];

    private static List<string> Split(string line) => [.. CommandLineParser.SplitCommandLine(line)];
}
