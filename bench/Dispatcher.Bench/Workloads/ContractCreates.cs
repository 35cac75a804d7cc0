using System.Globalization;
using System.Text;
using Dispatcher.Bench.Http;

namespace Dispatcher.Bench.Workloads;

/// <summary>
/// K0 to K4: jobs created at a real service in the words of each contract, 200 a second, due at even times; each request is another job. What the jobs run does nothing, so that
/// the cost of creating them is what is seen.
/// </summary>
internal sealed class ContractCreates(BenchOptions options, Uri address)
{
    private const int PerSecond = 200;
    private const int Connections = 16;
    private const string Campaign = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";

    private static readonly HttpClient Client = new();

    /// <summary>K means all of them.</summary>
    public static bool IsWanted(BenchOptions options) => Array.Exists(["K", "K0", "K1", "K2", "K3", "K4"], options.Runs);

    public static async Task<IReadOnlyList<Row>> Run(BenchOptions options)
    {
        var directory = options.NewDirectory("K-service");
        var config = Path.Combine(directory, "contracts.conf");
        var files = Path.Combine(directory, "images");
        await File.WriteAllTextAsync(config, $$"""
            dispatcher {
              contracts { yogacoach = on, workflow-coordinator = on, job-orchestrator = on, talk-avocado = on, scheduler-service = on }
              talk-avocado.start-on-create = on
              # Nobody is there, and nobody is asked: the videos wait for their approval.
              provider.url = "http://127.0.0.1:9"
              files.directory = "{{files}}"
            }
            """);
        var campaign = Directory.CreateDirectory(Path.Combine(files, "default", "campaigns", Campaign)).FullName;
        foreach (var name in new[] { "a.jpg", "b.jpg", "c.jpg" }) await File.WriteAllBytesAsync(Path.Combine(campaign, name), [0xff, 0xd8, 0xff, 0xd9]);
        await using var server = await ServerProcess.Dispatcher(Path.Combine(directory, "data"), config);
        return await new ContractCreates(options, server.Address).Rows();
    }

    private async Task<IReadOnlyList<Row>> Rows()
    {
        await Put("/api/v1/quota/analysis-minutes", """{"plan":"bench","limit":1000000}""", "application/json");
        await Put("/api/v1/workflows/yogacoach-v1-2-0/versions/1", """
            name: yogacoach-v1-2-0
            version: 1
            quota: { meter: analysis-minutes, estimate: "${input.estimated_billable_minutes}", actual: "${input.estimated_billable_minutes}", hold: 2h }
            steps: [ { id: analyse, uses: noop } ]
            """, "application/yaml");
        await Put("/api/v1/workflows/video-scenes/versions/1", await File.ReadAllTextAsync(Path.Combine("samples", "scenes", "coordinator.yaml")), "application/yaml");
        (string Workload, string Contract, Func<int, LoadRequest> Request)[] all =
        [
            ("K0", "yogacoach", static n => new LoadRequest(
                "POST", "/api/yogacoach/jobs",
                """{"payload_type":"keypoints","payload":{"keypoints_data":{"frames":[{"frame_id":0,"timestamp":0,"keypoints":{"nose":{"x":1,"y":1,"confidence":0.9}}}]}},"callback_config":{"channel":"web","user_id":"user-123"},"pipeline_version":"v1.2.0"}""")
            {
                Headers = [$"x-session-id: session-{n}"],
            }),
            ("K1", "workflow-coordinator", static _ => new LoadRequest("POST", "/api/v3/jobs/from-image-pairs", $$"""{"campaign_id":"{{Campaign}}"}""")),
            ("K2", "job-orchestrator", static n => new LoadRequest(
                "POST", "/api/workflows/orchestrator",
                $$$"""{"job_id":{{{n + 1}}},"name":"Dataset Build Workflow","steps":[{"name":"Download Images","task_type":"download","handler":"noop"},{"name":"Store","task_type":"storage","handler":"noop","dependencies":[0]}]}""")),
            ("K3", "talk-avocado", static n => new LoadRequest(
                "POST", "/jobs", $$$"""{"tenantId":"default","input":{"originalFilename":"talk-{{{n}}}.mp4","bytes":123456,"mimeType":"video/mp4"}}""")),
            ("K4", "scheduler-service", static n => new LoadRequest(
                "POST", "/api/scheduler_ops",
                $$"""{"action":"create_job","metadata":{},"job":{"name":"Weekly Report {{n}}","metadata":{"scheduling":{"cron":"0 9 * * 1","timezone":"America/New_York"} } } }""")),
        ];
        var rows = new List<Row>();
        foreach (var (workload, contract, request) in all)
            if (options.Runs("K") || options.Runs(workload)) rows.Add(await Row(workload, contract, request));
        return rows;
    }

    private async Task<Row> Row(string workload, string contract, Func<int, LoadRequest> request)
    {
        // A quarter more for the warm-up, and some to spare: no request is sent twice.
        var count = (int)(PerSecond * options.LoopDuration.TotalSeconds * 1.25) + Connections * 4;
        var load = await LoadChild.Start(address, [.. Enumerable.Range(0, count).Select(request)], Connections, options.LoopDuration, PerSecond);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{workload} {contract}: p50 {load.P50Ms:F1} ms, p95 {load.P95Ms:F1} ms, p99 {load.P99Ms:F1} ms at {load.PerSecond:F0} a second"));
        return new Row
        {
            Workload = workload,
            Concurrency = Connections,
            JobsPerSecond = load.PerSecond,
            P50Ms = load.P50Ms,
            P99Ms = load.P99Ms,
            Target = "p95 < 25 ms at 200/s",
            Met = load.P95Ms < 25,
            Note = string.Create(CultureInfo.InvariantCulture, $"{contract}; p95 {load.P95Ms:F1} ms"),
        };
    }

    private async Task Put(string path, string body, string type)
    {
        using var content = new StringContent(body, Encoding.UTF8, type);
        using var answer = await Client.PutAsync(new Uri(address, path), content);
        if (!answer.IsSuccessStatusCode) throw new InvalidOperationException($"PUT {path} was refused: {await answer.Content.ReadAsStringAsync()}");
    }
}
