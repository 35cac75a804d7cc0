using System.Diagnostics;

namespace Dispatcher.Bench;

/// <summary>So many clients, each starting its next job when its last one has ended.</summary>
internal static class ClosedLoop
{
    /// <summary>Runs the loop for about the given time after a warm-up, and measures every job's latency.</summary>
    public static async Task<LoopResult> Run(int concurrency, TimeSpan duration, Func<Task> job)
    {
        await Burst(concurrency, TimeSpan.FromTicks(duration.Ticks / 4), job);
        var clock = Stopwatch.StartNew();
        var cpu = Environment.CpuUsage.TotalTime;
        var latencies = await Burst(concurrency, duration, job);
        var cpuMicroseconds = (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds;
        var elapsed = clock.Elapsed.TotalSeconds;
        latencies.Sort();
        return new LoopResult(latencies.Count / elapsed, Percentile(latencies, 0.50), Percentile(latencies, 0.99), cpuMicroseconds / latencies.Count);
    }

    private static async Task<List<double>> Burst(int concurrency, TimeSpan duration, Func<Task> job)
    {
        var clock = Stopwatch.StartNew();
        var clients = new Task<List<double>>[concurrency];
        for (var i = 0; i < concurrency; i++) clients[i] = Client();
        return [.. (await Task.WhenAll(clients)).SelectMany(latencies => latencies)];

        async Task<List<double>> Client()
        {
            await Task.Yield();
            var latencies = new List<double>();
            while (clock.Elapsed < duration)
            {
                var start = Stopwatch.GetTimestamp();
                await job();
                latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            return latencies;
        }
    }

    private static double Percentile(List<double> sorted, double p) => sorted.Count == 0 ? double.NaN : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * p))];
}

/// <param name="PerSecond">Jobs ended in a second.</param>
/// <param name="P50Ms">Median time from submission to end, in milliseconds.</param>
/// <param name="P99Ms">The same, 99th percentile.</param>
/// <param name="CpuMicroseconds">Processor time of the whole process for each job: what stays true on a noisy machine.</param>
internal sealed record LoopResult(double PerSecond, double P50Ms, double P99Ms, double CpuMicroseconds);
