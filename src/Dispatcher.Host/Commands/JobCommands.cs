using System.CommandLine;
using Dispatcher.Host.Composition;

namespace Dispatcher.Host.Commands;

/// <summary><c>dispatcher job</c></summary>
internal static class JobCommands
{
    public static Command Create(HostEdges edges)
    {
        var command = new Command("job", $"Look at the jobs of a data directory, also beside a running process{edges.CurrentDirectory}");
        return command;
    }
}
