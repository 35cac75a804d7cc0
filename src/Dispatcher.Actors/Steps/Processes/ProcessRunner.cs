namespace Dispatcher.Steps.Processes;

/// <summary>What to run: a command and a list of arguments, never a shell line.</summary>
public sealed record ProcessRequest(string Command, IReadOnlyList<string> Arguments)
{
    public string? WorkingDirectory { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Written to the process's standard input, which is then closed.</summary>
    public string? Input { get; init; }

    /// <summary>Called for each line of standard output as it comes (progress), beside being collected.</summary>
    public Action<string>? OnOutputLine { get; init; }

    /// <summary>Called for each line of standard error as it comes.</summary>
    public Action<string>? OnErrorLine { get; init; }
}

/// <summary>How a process ended. Outputs are cut to the output limit, keeping the beginning of standard output and the end of standard error.</summary>
public sealed record ProcessOutcome(int ExitCode, string Output, string Error, bool OutputTruncated, TimeSpan Elapsed);
