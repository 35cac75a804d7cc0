using System.Collections.Frozen;

namespace Dispatcher.Steps.Processes;

/// <summary>Names the signal that ended a process: "SIGKILL" tells an operator more than exit code 137.</summary>
internal static class SignalName
{
    /// <summary>Exit codes above this say that a signal ended the process.</summary>
    private const int SignalBase = 128;

    /// <summary>The numbers of Linux; SIGUSR1 and its like do not end a process by accident and are left out.</summary>
    private static readonly FrozenDictionary<int, string> Names = new Dictionary<int, string>
    {
        [1] = "SIGHUP",
        [2] = "SIGINT",
        [3] = "SIGQUIT",
        [4] = "SIGILL",
        [6] = "SIGABRT",
        [7] = "SIGBUS",
        [8] = "SIGFPE",
        [9] = "SIGKILL",
        [11] = "SIGSEGV",
        [13] = "SIGPIPE",
        [14] = "SIGALRM",
        [15] = "SIGTERM",
        [24] = "SIGXCPU",
        [25] = "SIGXFSZ",
        [31] = "SIGSYS",
    }.ToFrozenDictionary();

    /// <summary>The signal that an exit code stands for; null if it is an ordinary exit code.</summary>
    public static string? Of(int exitCode) => Names.GetValueOrDefault(exitCode - SignalBase);
}
