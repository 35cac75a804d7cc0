using System.Text;
using System.Text.Json;
using Dispatcher.Bench.Http;

namespace Dispatcher.Bench.Workloads;

/// <summary>
/// H1 to H3: jobs created over HTTP on a real service, whose one step then runs; the load generator is a process of its own. H1 one by one over 64 kept connections as
/// fast as they are answered; H2 the same at half that rate, due at even times; H3 in batches of 1,000.
/// </summary>
internal static class HttpJobs
{
    private const int Connections = 64;
    private const int BatchJobs = 1000;
    private const int BatchConnections = 4;

    public static async Task<IReadOnlyList<Row>> Run(BenchOptions options)
    {
        await using var server = await ServerProcess.Dispatcher(options.NewDirectory("H-service"));
        await using var bare = await ServerProcess.Bare(options.NewDirectory("H-bare"));
        await Service.Register(server.Address, steps: 1);
        var jobs = new Uri(server.Address, "/api/v1/jobs");
        var job = """{"workflow":"bench","input":{"customer":"acme","page":17}}""";
        var rounds = new List<(LoadResult Service, LoadResult Bare, double CpuUs)>();
        for (var round = 0; round < options.Rounds; round++)
        {
            var bareResult = await LoadChild.Start(bare.Address, Encoding.UTF8.GetBytes(job), Connections, options.LoopDuration);
            var cpu = server.CpuSeconds();
            var result = await LoadChild.Start(jobs, Encoding.UTF8.GetBytes(job), Connections, options.LoopDuration);
            rounds.Add((result, bareResult, (server.CpuSeconds() - cpu) * 1e6 / (result.PerSecond * options.LoopDuration.TotalSeconds * 1.25)));
            Console.WriteLine($"H1: {result.PerSecond:N0} jobs/s accepted, bare {bareResult.PerSecond:N0}");
        }

        var (full, bareFull, cpuUs) = rounds.OrderBy(round => round.Service.PerSecond / round.Bare.PerSecond).ElementAt(rounds.Count / 2);
        var half = await LoadChild.Start(jobs, Encoding.UTF8.GetBytes(job), Connections, options.LoopDuration, full.PerSecond / 2);
        var batch = Encoding.UTF8.GetBytes($$"""{"jobs":[{{string.Join(',', Enumerable.Repeat(job, BatchJobs))}}]}""");
        var batches = await LoadChild.Start(new Uri(server.Address, "/api/v1/jobs:batch"), batch, BatchConnections, options.LoopDuration);
        await Service.WaitUntilIdle(server.Address);
        return
        [
            new Row
            {
                Workload = "H1", Concurrency = Connections, JobsPerSecond = full.PerSecond, BareJobsPerSecond = bareFull.PerSecond, Ratio = full.PerSecond / bareFull.PerSecond,
                P50Ms = full.P50Ms, P99Ms = full.P99Ms, BareP50Ms = bareFull.P50Ms, CpuUs = cpuUs,
                Target = ">= 5,000/s, p95 < 500 ms", Met = full is { PerSecond: >= 5000, P95Ms: < 500 }, Note = $"p95 {full.P95Ms:F1} ms; service {server.ResidentMiB:F0} MiB",
            },
            new Row
            {
                Workload = "H2", Concurrency = Connections, JobsPerSecond = half.PerSecond, P50Ms = half.P50Ms, P99Ms = half.P99Ms,
                Target = "p95 < 25 ms", Met = half.P95Ms < 25, Note = $"at half the rate of H1; p95 {half.P95Ms:F1} ms",
            },
            new Row
            {
                Workload = "H3", Concurrency = BatchConnections, JobsPerSecond = batches.PerSecond * BatchJobs, P50Ms = batches.P50Ms, P99Ms = batches.P99Ms,
                Target = ">= 15,000/s", Met = batches.PerSecond * BatchJobs >= 15_000, Note = "latencies are those of a batch of 1,000",
            },
        ];
    }
}

/// <summary>What all workloads over HTTP do to a service.</summary>
internal static class Service
{
    private static readonly HttpClient Client = new();

    public static async Task Register(Uri address, int steps)
    {
        var workflow = BenchNode.NoopSteps("bench", steps);
        using var body = new StringContent(workflow.CanonicalJson, Encoding.UTF8, "application/json");
        var answer = await Client.PutAsync(new Uri(address, "/api/v1/workflows/bench/versions/1"), body);
        if (!answer.IsSuccessStatusCode) throw new InvalidOperationException($"The workflow was refused: {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>Until every job has ended, so that one workload does not pay for another.</summary>
    public static async Task WaitUntilIdle(Uri address)
    {
        while (true)
        {
            var open = 0;
            foreach (var status in (string[])["queued", "running"])
            {
                using var page = JsonDocument.Parse(await Client.GetStringAsync(new Uri(address, $"/api/v1/jobs?status={status}&limit=1")));
                open += page.RootElement.GetProperty("jobs").GetArrayLength();
            }

            if (open == 0) return;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }
}
