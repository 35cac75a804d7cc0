using System.Globalization;

namespace Dispatcher.Process.Tests.Mix;

/// <summary>The test project as a program: <c>mix DIRECTORY JOBS</c>.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        if (args is not ["mix", var directory, var jobs])
        {
            await Console.Error.WriteLineAsync("Usage: Dispatcher.Process.Tests mix DIRECTORY JOBS");
            return 2;
        }

        await MixNode.Run(directory, int.Parse(jobs, CultureInfo.InvariantCulture));
        return 0;
    }
}
