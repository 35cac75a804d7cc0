using System.Diagnostics;

namespace Dispatcher.Bench.Http;

/// <summary>Sends the same requests again and again, in turn, over so many connections, in a process of its own.</summary>
internal static class LoadGenerator
{
    /// <param name="address">The server.</param>
    /// <param name="requests">What to send: whole requests, made beforehand.</param>
    /// <param name="connections">How many connections, each with one request under way at most.</param>
    /// <param name="duration">How long to measure; a quarter of it goes before, to warm up.</param>
    /// <param name="perSecond">
    /// 0: each connection sends when its answer has come. Else requests are due at even times, and a latency counts from when the request was due, so that a server
    /// which stalls is not spared the requests that it held up (coordinated omission).
    /// </param>
    public static async Task<LoadResult> Run(Uri address, IReadOnlyList<byte[]> requests, int connections, TimeSpan duration, double perSecond)
    {
        var warmUp = await Burst(address, requests, connections, duration / 4, perSecond);
        var clock = Stopwatch.StartNew();
        var cpu = Environment.CpuUsage.TotalTime;
        var (latencies, failures) = await Burst(address, requests, connections, duration, perSecond);
        var cpuUs = (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / latencies.Count;
        var elapsed = clock.Elapsed.TotalSeconds;
        latencies.Sort();
        var sent = warmUp.Latencies.Count + latencies.Count;
        return new LoadResult(sent, latencies.Count / elapsed, At(0.50), At(0.95), At(0.99), warmUp.Failures + failures, cpuUs);

        double At(double p) => latencies.Count == 0 ? -1 : latencies[Math.Min(latencies.Count - 1, (int)(latencies.Count * p))];
    }

    private static async Task<(List<double> Latencies, int Failures)> Burst(Uri address, IReadOnlyList<byte[]> requests, int connections, TimeSpan duration, double perSecond)
    {
        var clock = Stopwatch.StartNew();
        var next = -1L;
        var failures = 0;
        var clients = Enumerable.Range(0, connections).Select(_ => Client()).ToArray();
        return ([.. (await Task.WhenAll(clients)).SelectMany(latencies => latencies)], failures);

        async Task<List<double>> Client()
        {
            await Task.Yield();
            var latencies = new List<double>();
            using var connection = new HttpConnection();
            await connection.Connect(address);
            while (true)
            {
                var number = Interlocked.Increment(ref next);
                var due = perSecond > 0 ? TimeSpan.FromSeconds(number / perSecond) : clock.Elapsed;
                if (due >= duration) return latencies;
                if (due - clock.Elapsed is { Ticks: > 0 } early) await Task.Delay(early, TimeProvider.System);
                var status = await connection.Send(requests[(int)(number % requests.Count)]);
                if (status is >= 200 and < 300) latencies.Add((clock.Elapsed - due).TotalMilliseconds);
                else Interlocked.Increment(ref failures);
            }
        }
    }
}

/// <param name="Requests">Answers with a 2xx status in all, those of the warm-up too.</param>
/// <param name="PerSecond">Answers with a 2xx status in a second.</param>
/// <param name="Failures">Other answers.</param>
/// <param name="CpuUs">Microseconds of the generator's own processor time for each request: what it takes from the server on a machine that both share.</param>
internal sealed record LoadResult(int Requests, double PerSecond, double P50Ms, double P95Ms, double P99Ms, int Failures, double CpuUs);
