using System.Globalization;

namespace Dispatcher.Process.Tests.Support;

/// <summary>Processes that outlived the Dispatcher which started them, known by the test's directory in their command line.</summary>
internal static class Leftovers
{
    /// <summary>The kernel ends the commands of a killed Dispatcher, so soon none is left.</summary>
    public static Task WaitUntilNone(string directory) =>
        Wait.Until(() => !Of(directory).Any(), () => $"these are gone: {string.Join("; ", Of(directory))}");

    private static IEnumerable<string> Of(string directory) =>
        from folder in Directory.EnumerateDirectories("/proc")
        where int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && id != Environment.ProcessId
        let commandLine = CommandLineOf(folder)
        where commandLine.Contains(directory, StringComparison.Ordinal)
        select $"{Path.GetFileName(folder)}: {commandLine}";

    /// <summary>Empty when the process has just ended, and for one that only waits to be reaped.</summary>
    private static string CommandLineOf(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "cmdline")).Replace('\0', ' ');
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
