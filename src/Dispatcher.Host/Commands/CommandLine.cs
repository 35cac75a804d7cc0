using System.CommandLine;
using System.CommandLine.Invocation;
using Dispatcher.Host.Commands.Cluster;
using Dispatcher.Host.Commands.Database;
using Dispatcher.Host.Commands.Keys;
using Dispatcher.Host.Commands.Remote;
using Dispatcher.Host.Commands.Shell;
using Dispatcher.Host.Composition;

namespace Dispatcher.Host.Commands;

/// <summary>The program as a function: arguments in, text and an exit code out.</summary>
public static class CommandLine
{
    /// <summary>Runs one command.</summary>
    /// <returns>0 done, 1 failed, 2 wrong usage, 3 refused, 4 not found, 130 ended by Ctrl-C.</returns>
    public static async Task<int> Run(string[] args, HostEdges edges)
    {
        // A word that begins with @ is a word, such as the cron expression @daily, and names no file of further arguments.
        var parsed = Root(edges).Parse(args.Length == 0 ? ["--help"] : args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction)
        {
            foreach (var error in parsed.Errors) await edges.Error.WriteLineAsync(error.Message);
            await edges.Error.WriteLineAsync($"See `{PathOf(parsed.CommandResult.Command)} --help`.");
            return ExitCode.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = edges.Out,
                Error = edges.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception failure)
        {
            var (exitCode, message) = FaultText.Of(failure);
            await edges.Error.WriteLineAsync(edges.IsDebug ? failure.ToString() : message);
            return exitCode;
        }
    }

    /// <summary>What may stand at a place of a line, as the shells complete it.</summary>
    internal static IEnumerable<string> Complete(string line, int position, HostEdges edges) => Root(edges).Parse(line).GetCompletions(position).Select(item => item.Label);

    /// <summary>The commands, each with its description.</summary>
    internal static IEnumerable<(string Name, string Description)> List(HostEdges edges) => Root(edges).Subcommands.Select(command => (command.Name, command.Description ?? ""));

    private static RootCommand Root(HostEdges edges)
    {
        var root = new RootCommand("Dispatcher runs multi-step jobs to the end, and goes on where it was when it is killed.");
        foreach (var option in root.Options.OfType<VersionOption>().ToList()) root.Options.Remove(option);
        root.Add(ServeCommand.Create(edges));
        root.Add(RunCommand.Create(edges));
        root.Add(ResumeCommand.Create(edges));
        root.Add(JobCommands.Create(edges));
        root.Add(WorkflowCommands.Create(edges));
        root.Add(ScheduleCommands.Create(edges));
        root.Add(PatternCommands.Create(edges));
        root.Add(DoctorCommand.Create(edges));
        root.Add(HealthCommand.Create(edges));
        root.Add(BackupCommand.Create(edges));
        root.Add(DatabaseCommands.Create(edges));
        root.Add(ClusterCommands.Create(edges));
        root.Add(ShardingCommands.Create(edges));
        root.Add(NodeInsightCommands.Actors(edges));
        root.Add(NodeInsightCommands.Log(edges));
        root.Add(PbmCommand.Create(edges));
        root.Add(KeyCommands.Create(edges));
        root.Add(ConfigCommand.Create(edges));
        root.Add(ServiceCommands.Stats(edges));
        root.Add(ServiceCommands.Queues(edges));
        root.Add(ServiceCommands.Webhooks(edges));
        root.Add(QuotaCommands.Create(edges));
        root.Add(CompletionCommand.Create(edges));
        root.Add(VersionCommand.Create(edges));
        Examples.AddTo(root);
        return root;
    }

    private static string PathOf(Command command)
    {
        var names = new List<string>();
        for (Symbol? symbol = command; symbol is not null; symbol = symbol.Parents.FirstOrDefault()) names.Insert(0, symbol is RootCommand ? "dispatcher" : symbol.Name);
        return string.Join(' ', names);
    }
}
