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
        command.Add(JobListCommand.Create(edges));
        command.Add(JobShowCommand.Create(edges));
        command.Add(JobEventsCommand.Create(edges));
        command.Add(JobStateCommand.Create(edges));
        command.Add(JobWhyCommand.Create(edges));
        foreach (var order in JobOrders.Create(edges, remote)) command.Add(order);
        return command;
    }
}
