using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Dispatcher.Steps.Processes;

/// <summary>Signals to all processes of a command at once; .NET signals single processes only, and would miss those that the command started.</summary>
internal static class ProcessGroup
{
    public const int Kill = 9;
    public const int Terminate = 15;

    /// <summary>
    /// Sends the signal to the group that the process leads. Nothing happens when the group is gone. A process that has not reached setsid() yet has
    /// no group of its own and no children either, so it gets the signal alone.
    /// </summary>
    public static void Signal(Process leader, int signal)
    {
        if (SendSignal(-leader.Id, signal) != 0 && !leader.HasExited) _ = SendSignal(leader.Id, signal);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processOrGroup, int signal);
}
