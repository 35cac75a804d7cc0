using System.Diagnostics;

namespace Dispatcher.Bench.Http;

/// <summary>One load of requests that make jobs, and what it cost until the last of these jobs had nothing more to do.</summary>
/// <param name="Load">What the generator saw.</param>
/// <param name="CpuUs">Microseconds of the server's processor time for each job, from the first request to the end of the last job.</param>
/// <param name="OpenJobs">Jobs that were accepted and had still something to do when the load ended.</param>
/// <param name="DrainSeconds">How long these took.</param>
internal sealed record CreateLoad(LoadResult Load, int JobsPerRequest, double CpuUs, long OpenJobs, double DrainSeconds)
{
    public double JobsPerSecond => Load.PerSecond * JobsPerRequest;

    /// <param name="count">Jobs in the store, if the server tells, and those that have still something to do.</param>
    /// <exception cref="InvalidOperationException">The store does not have exactly the jobs that were answered with success.</exception>
    public static async Task<CreateLoad> Run(
        ServerProcess server, LoadRequest request, int jobsPerRequest, int connections, TimeSpan duration, Func<Task<(long? Stored, long Open)>> count, double perSecond = 0)
    {
        var before = await count();
        var cpu = server.CpuSeconds();
        var load = await LoadChild.Start(server.Address, [request], connections, duration, perSecond);
        var drain = Stopwatch.StartNew();
        var now = await count();
        var open = now.Open;
        while (now.Open > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            now = await count();
        }

        var jobs = (long)load.Requests * jobsPerRequest;
        if (now.Stored - before.Stored is { } made && made != jobs) throw new InvalidOperationException($"{jobs} jobs were answered with success, and {made} are stored.");
        return new CreateLoad(load, jobsPerRequest, (server.CpuSeconds() - cpu) * 1e6 / jobs, open, drain.Elapsed.TotalSeconds);
    }
}
