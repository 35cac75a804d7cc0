using System.CommandLine;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;

namespace Dispatcher.Host.Commands;

/// <summary><c>dispatcher health</c>: asks a server whether it takes work; for containers and scripts, which have no other client at hand.</summary>
internal static class HealthCommand
{
    public static Command Create(HostEdges edges)
    {
        var (data, config) = (SharedOptions.Data(), SharedOptions.Config());
        var command = new Command("health", "Ask a server whether it takes work: exit code 0 if it does, 1 if not") { data, config };
        var remote = RemoteOptions.AddTo(command, edges);
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Find(parsed) ?? Local(EffectiveSettings.Load(edges, parsed.GetValue(config), parsed.GetValue(data)).DataDirectory);
            var (isReady, status) = await api.Health();
            edges.Out.WriteLine(status);
            return isReady ? ExitCode.Ok : ExitCode.Failed;
        });
        return command;
    }

    private static ApiClient Local(string directory) => RunningServer.Find(directory) is { } running
        ? new ApiClient(running.Address, key: null)
        : throw new CommandException(ExitCode.Failed, $"No server runs in {directory}: start `dispatcher serve --data {directory}`, or name one with --server.");
}
