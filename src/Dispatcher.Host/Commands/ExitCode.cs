namespace Dispatcher.Host.Commands;

/// <summary>How the program ends; scripts rely on these numbers.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The job failed, or the machine did.</summary>
    public const int Failed = 1;

    /// <summary>The command, the workflow, the input or the configuration is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The server does not know the key, or the key may not do this.</summary>
    public const int Refused = 3;

    public const int NotFound = 4;

    /// <summary>Ended by Ctrl-C: 128 and the number of SIGINT.</summary>
    public const int Interrupted = 130;
}

/// <summary>A command cannot do what was asked. The message is for whoever asked: what is wrong, and what to do.</summary>
internal sealed class CommandException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
