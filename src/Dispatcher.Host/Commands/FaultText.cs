using Dispatcher.Host.Configuration;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Workflows;

namespace Dispatcher.Host.Commands;

/// <summary>Says a failure of the input or the machine in one sentence, and which exit code fits.</summary>
internal static class FaultText
{
    private const string DiskFullAdvice = "Free some space there, or use another data directory with --data.";

    public static (int ExitCode, string Message) Of(Exception failure)
    {
        var (exitCode, message) = Sentence(failure);
        return (exitCode, IsDiskFull(message) ? $"{message}. {DiskFullAdvice}" : message);
    }

    private static bool IsDiskFull(string message) =>
        message.Contains("disk is full", StringComparison.Ordinal) || message.Contains("No space left on device", StringComparison.Ordinal);

    private static (int ExitCode, string Message) Sentence(Exception failure) => failure switch
    {
        CommandException command => (command.ExitCode, command.Message),
        ConfigurationFaultsException or WorkflowDefinitionException or UnguardedAddressException => (ExitCode.Usage, failure.Message),
        DataDirectoryInUseException inUse => (ExitCode.Failed, $"{inUse.Message} `dispatcher job ... --data {inUse.DataDirectory}` reads beside it."),
        StoreException or JobParkedException or UnknownEventException => (ExitCode.Failed, failure.Message),
        IOException or UnauthorizedAccessException => (ExitCode.Failed, failure.Message),
        _ => (ExitCode.Failed, $"A fault of Dispatcher itself: {failure.Message} Set DISPATCHER_DEBUG=1 and run it again to see where."),
    };
}
