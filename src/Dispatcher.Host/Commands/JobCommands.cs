using System.CommandLine;
using Dispatcher.Host.Composition;

namespace Dispatcher.Host.Commands;

/// <summary><c>dispatcher job</c>: what the journal says, for people and scripts.</summary>
internal static class JobCommands
{
    public static Command Create(HostEdges edges) => new("job", "Look at the jobs of a data directory, also beside a running process")
    {
        JobListCommand.Create(edges),
        JobShowCommand.Create(edges),
        JobEventsCommand.Create(edges),
        JobStateCommand.Create(edges),
        JobWhyCommand.Create(edges),
    };
}
