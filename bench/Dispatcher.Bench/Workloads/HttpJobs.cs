using Dispatcher.Bench.Http;

namespace Dispatcher.Bench.Workloads;

/// <summary>
/// H1 to H3: jobs created over HTTP on a real service, whose three steps then run; the load generator is a process of its own. H1 one by one over 64 kept connections as
/// fast as they are answered; H2 the same at half that rate, due at even times; H3 in batches of 1,000. "accept": jobs that wait for an approval, so that the cost of accepting them
/// stands alone.
/// </summary>
internal sealed class HttpJobs
{
    private const int Connections = 64;
    private const int BatchJobs = 1000;
    private const int BatchConnections = 4;
    private const string Running = "bench";
    private const string Waiting = "bench-waiting";

    private readonly ServerProcess _server;
    private readonly ServerProcess _bare;
    private readonly BenchOptions _options;

    private HttpJobs(ServerProcess server, ServerProcess bare, BenchOptions options) => (_server, _bare, _options) = (server, bare, options);

    public static async Task<IReadOnlyList<Row>> Run(BenchOptions options)
    {
        await using var server = await ServerProcess.Dispatcher(options.NewDirectory("H-service"));
        await using var bare = await ServerProcess.Bare(options.NewDirectory("H-bare"));
        await Service.Register(server.Address, steps: 3);
        await Service.Register(server.Address, steps: 3, waits: true);
        return await new HttpJobs(server, bare, options).Rows();
    }

    private async Task<IReadOnlyList<Row>> Rows()
    {
        var one = await Compare("H1", Running, jobs: 1, Connections);
        var half = await Create(Running, jobs: 1, Connections, one.Service.Load.PerSecond / 2);
        var accept = await Compare("H1 accept", Waiting, jobs: 1, Connections);
        var batch = await Compare("H3", Running, BatchJobs, BatchConnections);
        var acceptBatch = await Compare("H3 accept", Waiting, BatchJobs, BatchConnections);
        return
        [
            one.Row with { Target = ">= 5,000/s, p95 < 500 ms", Met = one.Service.Load is { PerSecond: >= 5000, P95Ms: < 500 } },
            accept.Row,
            new Row
            {
                Workload = "H2", Concurrency = Connections, JobsPerSecond = half.JobsPerSecond, P50Ms = half.Load.P50Ms, P99Ms = half.Load.P99Ms, CpuUs = half.CpuUs,
                Target = "p95 < 25 ms", Met = half.Load.P95Ms < 25, Note = $"at half the rate of H1; {NoteOf(half)}",
            },
            batch.Row with { Target = ">= 15,000/s", Met = batch.Service.JobsPerSecond >= 15_000 },
            acceptBatch.Row,
        ];
    }

    /// <summary>The round whose ratio is the median one.</summary>
    private async Task<(CreateLoad Service, Row Row)> Compare(string workload, string workflow, int jobs, int connections)
    {
        var rounds = new List<(CreateLoad Service, CreateLoad Bare)>();
        for (var round = 0; round < _options.Rounds; round++)
        {
            var bareLoad = await CreateBare(workflow, jobs, connections);
            var load = await Create(workflow, jobs, connections);
            rounds.Add((load, bareLoad));
            Console.WriteLine($"{workload}: {load.JobsPerSecond:N0} jobs/s accepted at {load.CpuUs:F0} us, bare {bareLoad.JobsPerSecond:N0} at {bareLoad.CpuUs:F0} us; generator {load.Load.CpuUs:F0} us a request");
        }

        var (service, bare) = rounds.OrderBy(round => round.Service.JobsPerSecond / round.Bare.JobsPerSecond).ElementAt(rounds.Count / 2);
        var row = new Row
        {
            Workload = workload,
            Concurrency = connections,
            JobsPerSecond = service.JobsPerSecond,
            BareJobsPerSecond = bare.JobsPerSecond,
            Ratio = service.JobsPerSecond / bare.JobsPerSecond,
            P50Ms = service.Load.P50Ms,
            P99Ms = service.Load.P99Ms,
            BareP50Ms = bare.Load.P50Ms,
            CpuUs = service.CpuUs,
            BareCpuUs = bare.CpuUs,
            Note = $"{NoteOf(service)}; bare: {bare.OpenJobs:N0} open, drained in {bare.DrainSeconds:F1} s; service {_server.ResidentMiB:F0} MiB",
        };
        return (service, row);
    }

    private Task<CreateLoad> Create(string workflow, int jobs, int connections, double perSecond = 0)
    {
        var job = $$$"""{"workflow":"{{{workflow}}}","input":{"customer":"acme","page":17}}""";
        var request = jobs == 1
            ? new LoadRequest("POST", "/api/v1/jobs", job)
            : new LoadRequest("POST", "/api/v1/jobs:batch", $$"""{"jobs":[{{string.Join(',', Enumerable.Repeat(job, jobs))}}]}""");
        return CreateLoad.Run(_server, request, jobs, connections, _options.LoopDuration, Count, perSecond);

        async Task<(long? Stored, long Open)> Count() => await Service.Count(_server.Address);
    }

    private Task<CreateLoad> CreateBare(string workflow, int jobs, int connections)
    {
        var body = new string(' ', 62 * jobs);
        var path = $"/{(workflow == Running ? "run" : "accept")}/{jobs}";
        return CreateLoad.Run(_bare, new LoadRequest("POST", path, body), jobs, connections, _options.LoopDuration, Count);

        async Task<(long? Stored, long Open)> Count() => (null, await Service.CountBare(_bare.Address));
    }

    private static string NoteOf(CreateLoad load) =>
        $"p95 {load.Load.P95Ms:F1} ms; {load.OpenJobs:N0} open at the end, drained in {load.DrainSeconds:F1} s; generator {load.Load.CpuUs:F0} us a request";
}
