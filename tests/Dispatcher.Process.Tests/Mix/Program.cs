using System.Globalization;
using Dispatcher.Process.Tests.Cluster;

namespace Dispatcher.Process.Tests.Mix;

/// <summary>The test project as a program: the mix, a node of a cluster, or chaos.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case ["mix", var directory, var jobs, .. var stays]:
                await MixNode.Run(directory, int.Parse(jobs, CultureInfo.InvariantCulture), stays is ["stays"]);
                return 0;
            case [ClusterNode.Word, .. var arguments]:
                await ClusterNode.Run(ClusterNodeSettings.Parse(arguments));
                return 0;
            case [Chaos.Word, .. var options]:
                return await Chaos.Run(options);
            default:
                await Console.Error.WriteLineAsync("Usage: Dispatcher.Process.Tests mix DIRECTORY JOBS [stays] | chaos [--seconds N] [--seed S]");
                return 2;
        }
    }
}
