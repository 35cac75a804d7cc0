using System.CommandLine;
using Dispatcher.Host.Commands.Remote;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;

namespace Dispatcher.Host.Commands;

/// <summary><c>dispatcher job</c>: look at jobs and give them orders.</summary>
internal static class JobCommands
{
    public static Command Create(HostEdges edges)
    {
        var command = new Command("job", "Look at jobs, on a server or in a data directory, and give a server's jobs orders");
        var remote = RemoteOptions.AddTo(command, edges);
        command.Add(JobCreateCommand.Create(edges, remote));
        command.Add(JobWatch.Create(edges, remote));
        command.Add(JobListCommand.Create(edges, remote));
        command.Add(JobShowCommand.Create(edges, remote));
        command.Add(JobEventsCommand.Create(edges, remote));
        command.Add(JobStateCommand.Create(edges, remote));
        command.Add(JobWhyCommand.Create(edges, remote));
        command.Add(Graph(edges, remote));
        command.Add(JobBulkCommand.Create(edges, remote));
        foreach (var order in JobOrders.Create(edges, remote)) command.Add(order);
        return command;
    }

    private static Command Graph(HostEdges edges, RemoteOptions remote)
    {
        var job = ReadingOptions.Job();
        var output = SharedOptions.Output("table", "json");
        var command = new Command("graph", "Show the jobs that a server's job depends on, and those that depend on it") { job, output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            return await RemoteReads.Graph(edges, api, parsed.GetRequiredValue(job), parsed.GetRequiredValue(output));
        });
        return command;
    }
}
