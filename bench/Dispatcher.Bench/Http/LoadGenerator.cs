using System.Diagnostics;

namespace Dispatcher.Bench.Http;

/// <summary>Sends one request again and again over so many connections, in a process of its own.</summary>
internal static class LoadGenerator
{
    /// <param name="perSecond">
    /// 0: each connection sends when its answer has come. Else requests are due at even times, and a latency counts from when the request was due, so that a server
    /// which stalls is not spared the requests that it held up (coordinated omission).
    /// </param>
    public static async Task<LoadResult> Run(Uri url, byte[] body, int connections, TimeSpan duration, double perSecond)
    {
        var request = HttpConnection.Request(url, "POST", body);
        await Burst(url, request, connections, duration / 4, perSecond);
        var clock = Stopwatch.StartNew();
        var (latencies, failures) = await Burst(url, request, connections, duration, perSecond);
        var elapsed = clock.Elapsed.TotalSeconds;
        latencies.Sort();
        return new LoadResult(latencies.Count / elapsed, At(0.50), At(0.95), At(0.99), failures);

        double At(double p) => latencies.Count == 0 ? -1 : latencies[Math.Min(latencies.Count - 1, (int)(latencies.Count * p))];
    }

    private static async Task<(List<double> Latencies, int Failures)> Burst(Uri url, byte[] request, int connections, TimeSpan duration, double perSecond)
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
            await connection.Connect(url);
            while (true)
            {
                var due = perSecond > 0 ? TimeSpan.FromSeconds(Interlocked.Increment(ref next) / perSecond) : clock.Elapsed;
                if (due >= duration) return latencies;
                if (due - clock.Elapsed is { Ticks: > 0 } early) await Task.Delay(early, TimeProvider.System);
                var status = await connection.Send(request);
                if (status is >= 200 and < 300) latencies.Add((clock.Elapsed - due).TotalMilliseconds);
                else Interlocked.Increment(ref failures);
            }
        }
    }
}

/// <param name="PerSecond">Answers with a 2xx status in a second.</param>
/// <param name="Failures">Other answers.</param>
internal sealed record LoadResult(double PerSecond, double P50Ms, double P95Ms, double P99Ms, int Failures);
