using System.Collections.Immutable;

namespace Dispatcher.Steps.Processes;

/// <summary>What may be run on this node, and how far it may go (settings <c>dispatcher.process.*</c>).</summary>
public sealed record ProcessOptions
{
    /// <summary>
    /// Names without a separator, looked up on PATH, or full paths. Empty: nothing may run. Allowing an interpreter (<c>sh</c>, <c>python3</c>) or a
    /// command that starts others (<c>env</c>, <c>find</c>) allows everything to whoever may submit workflows.
    /// </summary>
    public ImmutableHashSet<string> AllowedCommands { get; init; } = [];

    /// <summary>Bytes kept of each output of a command; the rest is read and thrown away.</summary>
    public int OutputLimitBytes { get; init; } = 1024 * 1024;

    /// <summary>The longest line, in characters, that a line callback gets; the rest of the line is left out.</summary>
    public int LineLimitCharacters { get; init; } = 8192;

    /// <summary>From asking a command to stop (SIGTERM) to ending it (SIGKILL).</summary>
    public TimeSpan KillGrace { get; init; } = TimeSpan.FromSeconds(2);
}
