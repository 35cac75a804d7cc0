using System.Diagnostics;
using System.Text.Json;
using Dispatcher.Bench.Http;
using Dispatcher.Jobs;
using Dispatcher.Steps.Handlers;
using Dispatcher.Workflows;

namespace Dispatcher.Bench.Workloads;

/// <summary>
/// H6: what one client waits for a list, by each filter and by several, and for a single job, with a million jobs stored (100,000 with --quick). The jobs are made by the engine
/// itself; the reads are of pages all over the lists, and of jobs drawn by chance.
/// </summary>
internal static class HttpReads
{
    private const int Rounds = 40;
    private const int Customers = 5000;
    private const double TargetMs = 20;

    private static readonly string[] Regions = ["north", "east", "south", "west"];

    private static readonly string[] Lists =
    [
        "", "status=scheduled", "status=failed", "workflow=invoice", "workflow=invoice&status=scheduled", "label=customer=c17", "label=region=north", "label=customer=c17&workflow=report",
        "text=north", "text=c4711%20report", "created_from=2020-01-01T00:00:00Z", "text=nothing-has-this", "status=running&label=region=east",
    ];

    public static async Task<IReadOnlyList<Row>> Run(BenchOptions options)
    {
        var (directory, count) = (options.NewDirectory("H6-service"), options.Quick ? 100_000 : 1_000_000);
        var clock = Stopwatch.StartNew();
        var ids = await Fill(directory, count);
        Console.WriteLine($"H6: {count:N0} jobs stored in {clock.Elapsed.TotalSeconds:F0} s");
        await using var server = await ServerProcess.Dispatcher(directory);
        using var connection = new HttpConnection();
        await connection.Connect(server.Address);
        // The first requests of a process pay for its compiling.
        for (var i = 0; i < Rounds; i++) foreach (var list in Lists) await Time(connection, new Uri(server.Address, $"/api/v1/jobs?limit=50&{list}"));
        var chance = new Random(17);
        var rows = new List<Row>();
        foreach (var list in Lists) rows.Add(RowOf($"list {(list.Length == 0 ? "all" : list)}", count, await Walk(server.Address, connection, list)));
        var details = new List<double>();
        for (var i = 0; i < Rounds * Lists.Length; i++) details.Add(await Time(connection, new Uri(server.Address, $"/api/v1/jobs/{ids[chance.Next(ids.Count)]}")));
        rows.Add(RowOf("detail", count, details));
        return rows;
    }

    private static Row RowOf(string what, int jobs, List<double> latencies)
    {
        latencies.Sort();
        var p99 = latencies[latencies.Count * 99 / 100];
        return new Row { Workload = "H6", Concurrency = 1, P50Ms = latencies[latencies.Count / 2], P99Ms = p99, Target = $"p99 < {TargetMs} ms", Met = p99 < TargetMs, Note = $"{what}, {jobs:N0} jobs" };
    }

    /// <summary>From page to page, and from the beginning again at the end.</summary>
    private static async Task<List<double>> Walk(Uri address, HttpConnection connection, string list)
    {
        using var client = new HttpClient();
        var latencies = new List<double>();
        string? cursor = null;
        for (var i = 0; i < Rounds; i++)
        {
            var url = new Uri(address, $"/api/v1/jobs?limit=50&{list}{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}");
            latencies.Add(await Time(connection, url));
            using var page = JsonDocument.Parse(await client.GetStringAsync(url));
            cursor = page.RootElement.TryGetProperty("next", out var next) ? next.GetString() : null;
        }

        return latencies;
    }

    private static async Task<double> Time(HttpConnection connection, Uri url)
    {
        var request = HttpConnection.Request(url, "GET", []);
        var start = Stopwatch.GetTimestamp();
        var status = await connection.Send(request);
        var elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return status == 200 ? elapsed : throw new InvalidOperationException($"{url} was answered with {status}.");
    }

    /// <summary>Of four jobs two wait for a far time, one has completed, and one has failed.</summary>
    private static async Task<IReadOnlyList<JobId>> Fill(string directory, int count)
    {
        await using var node = BenchNode.Open(directory, new FailHandler());
        await node.Node.Start();
        var (report, invoice) = (BenchNode.NoopSteps("report", 1), BenchNode.NoopSteps("invoice", 1));
        var failing = WorkflowDefinition.Create("failing", 1).Step("only", "fail", retries: 0).Build();
        foreach (var workflow in (WorkflowDefinition[])[report, invoice, failing]) await node.Node.Workflows.Register(workflow);
        var (later, ids) = (TimeProvider.System.GetUtcNow().AddYears(1), new List<JobId>(count));
        foreach (var chunk in Enumerable.Range(0, count).Chunk(2000))
        {
            var replies = await Task.WhenAll(chunk.Select(n => node.Node.Gateway.Submit(SpecOf(n), BenchNode.Bench)));
            ids.AddRange(replies.Select(reply => reply is JobActors.CommandReply.Done done ? done.State.Id : throw new InvalidOperationException($"A job was not accepted: {reply}")));
        }

        while (node.Node.RunningSteps > 0) await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        return ids;

        JobSpec SpecOf(int n) => new()
        {
            Workflow = (n % 4 == 3 ? failing : n % 4 == 1 ? invoice : report).Reference,
            StartAt = n % 4 < 2 ? later : null,
            Labels = System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add("customer", $"c{n % Customers}").Add("region", Regions[n / 4 % 4]),
        };
    }
}
