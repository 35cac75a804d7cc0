using System.Collections;

namespace Dispatcher.Host.Composition;

/// <summary>All that the program touches of its process: a test gives its own.</summary>
public sealed record HostEdges
{
    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public TextReader In { get; init; } = TextReader.Null;

    public required StopSignals Signals { get; init; }

    /// <summary>True when somebody watches the output, so that a live picture makes sense.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>Reads a key from the terminal without showing it; null when the input is no terminal, and is read by lines.</summary>
    public Func<ConsoleKeyInfo>? ReadKey { get; init; }

    /// <summary>Where relative paths start.</summary>
    public required string CurrentDirectory { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whole stack traces instead of one sentence, for whoever looks for a bug of Dispatcher.</summary>
    public bool IsDebug => Environment.GetValueOrDefault("DISPATCHER_DEBUG") is "1" or "true";

    public static HostEdges OfProcess(StopSignals signals) => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        Signals = signals,
        In = Console.In,
        ReadKey = Console.IsInputRedirected || Console.IsOutputRedirected ? null : static () => Console.ReadKey(intercept: true),
        IsTerminal = !Console.IsOutputRedirected && System.Environment.GetEnvironmentVariable("TERM") is not (null or "dumb"),
        CurrentDirectory = Directory.GetCurrentDirectory(),
        Environment = System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => entry.Value as string ?? string.Empty, StringComparer.Ordinal),
    };
}
