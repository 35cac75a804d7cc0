using Dispatcher.Jobs;

namespace Dispatcher.Host.Commands;

/// <summary>Who gives the commands of this program, for the journal.</summary>
internal static class Submitter
{
    public static Principal Me { get; } = new(Environment.UserName, "cli");
}
