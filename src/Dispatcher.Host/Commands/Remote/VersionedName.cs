using System.Globalization;

namespace Dispatcher.Host.Commands.Remote;

/// <summary>How a workflow or a pattern of a server is named on the command line: NAME, or NAME@VERSION.</summary>
internal static class VersionedName
{
    /// <exception cref="CommandException">What stands after the '@' is no whole number.</exception>
    public static (string Name, int? Version) Read(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (at < 0) return (text, null);
        return int.TryParse(text.AsSpan(at + 1), CultureInfo.InvariantCulture, out var version)
            ? (text[..at], version)
            : throw new CommandException(ExitCode.Usage, $"'{text}': write NAME or NAME@VERSION with a whole number.");
    }

    /// <param name="list">The command that shows which versions there are.</param>
    /// <exception cref="CommandException">The version is not named.</exception>
    public static (string Name, int Version) Require(string text, string list)
    {
        var (name, version) = Read(text);
        return version is { } number ? (name, number) : throw new CommandException(ExitCode.Usage, $"Name the version too: {name}@1. `{list}` shows them.");
    }
}
