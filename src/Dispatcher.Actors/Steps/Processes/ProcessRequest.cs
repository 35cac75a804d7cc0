namespace Dispatcher.Steps.Processes;

/// <summary>What to run: a command and a list of arguments, never a shell line.</summary>
/// <param name="Command">
/// A name that is looked up on PATH, or a full path; either must stand in <see cref="ProcessOptions.AllowedCommands"/> as it is.
/// </param>
public sealed record ProcessRequest(string Command, IReadOnlyList<string> Arguments)
{
    public string? WorkingDirectory { get; init; }

    /// <summary>Added to the few variables that every command inherits; see <see cref="CommandLine"/>.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Written to the process's standard input, which is then closed.</summary>
    public string? Input { get; init; }

    /// <summary>The longest time the command may take, beside the token that cancels it; none if absent.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// Called for each line of standard output as it comes (progress), beside being collected. A carriage return ends a line too; empty lines are
    /// left out and long ones cut. If it throws, the command is stopped and the exception comes out of the run.
    /// </summary>
    public Action<string>? OnOutputLine { get; init; }

    /// <summary>Called for each line of standard error as it comes.</summary>
    public Action<string>? OnErrorLine { get; init; }
}

/// <summary>How a process ended. Outputs are cut to the output limit, keeping the beginning of standard output and the end of standard error.</summary>
/// <param name="ExitCode">As a shell tells it: 128 + n if signal n ended the process.</param>
public sealed record ProcessOutcome(int ExitCode, string Output, string Error, bool OutputTruncated, TimeSpan Elapsed);
