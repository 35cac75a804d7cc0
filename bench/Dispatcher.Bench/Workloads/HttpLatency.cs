using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Dispatcher.Bench.Http;

namespace Dispatcher.Bench.Workloads;

/// <summary>
/// H4: one job of three steps at a time, from its POST until the event that it has completed arrives on the tenant's stream (server-sent events). H5: the
/// processor time of a service that has nothing to do.
/// </summary>
internal static class HttpLatency
{
    private const int Jobs = 300;
    private const int WarmUpJobs = 100;

    public static async Task<IReadOnlyList<Row>> Run(BenchOptions options)
    {
        await using var server = await ServerProcess.Dispatcher(options.NewDirectory("H4-service"));
        await Service.Register(server.Address, steps: 3);
        var latencies = await Latencies(server.Address);
        latencies.Sort();
        var row = new Row
        {
            Workload = "H4",
            Concurrency = 1,
            P50Ms = latencies[latencies.Count / 2],
            P99Ms = latencies[latencies.Count * 99 / 100],
            Target = "p50 < 15 ms",
            Met = latencies[latencies.Count / 2] < 15,
            Note = "POST to the completed event on the stream, 3 steps",
        };
        return [row, await Idle(server, options)];
    }

    private static async Task<List<double>> Latencies(Uri address)
    {
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        await using var stream = await client.GetStreamAsync(new Uri(address, "/api/v1/stream"));
        using var lines = new StreamReader(stream);
        var latencies = new List<double>();
        for (var i = 0; i < WarmUpJobs + Jobs; i++)
        {
            var start = Stopwatch.GetTimestamp();
            using var body = new StringContent("""{"workflow":"bench"}""", Encoding.UTF8, "application/json");
            var answer = await client.PostAsync(new Uri(address, "/api/v1/jobs"), body);
            answer.EnsureSuccessStatusCode();
            using var job = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
            var id = job.RootElement.GetProperty("id").GetString()!;
            while (!IsCompletion(await lines.ReadLineAsync() ?? throw new InvalidOperationException("The stream ended."), id))
            {
            }

            if (i >= WarmUpJobs) latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return latencies;
    }

    private static bool IsCompletion(string line, string id) =>
        line.StartsWith("data:", StringComparison.Ordinal) && line.Contains(id, StringComparison.Ordinal) && line.Contains("\"job.completed\"", StringComparison.Ordinal);

    private static async Task<Row> Idle(ServerProcess server, BenchOptions options)
    {
        var duration = TimeSpan.FromSeconds(options.Quick ? 10 : 30);
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        var before = server.CpuSeconds();
        await Task.Delay(duration, TimeProvider.System);
        var percent = 100 * (server.CpuSeconds() - before) / duration.TotalSeconds;
        return new Row { Workload = "H5", Target = "CPU < 0.5 %", Met = percent < 0.5, Note = $"{percent:F2} % of one processor while idle; {server.ResidentMiB:F0} MiB resident" };
    }
}
