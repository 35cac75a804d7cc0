using Dispatcher.Jobs;

namespace Dispatcher.Bench.Workloads;

/// <summary>W1 and W2: jobs of no-op steps in a closed loop, each start and completion durable, beside the bare loop of the same bytes.</summary>
internal static class NoopJobs
{
    public static async Task<IReadOnlyList<Row>> Run(string name, int steps, BenchOptions options)
    {
        await using var node = BenchNode.Open(options.NewDirectory($"{name}-node"));
        await node.Node.Start();
        var workflow = BenchNode.NoopSteps(name.ToLowerInvariant(), steps);
        await node.Node.Workflows.Register(workflow);
        var spec = new JobSpec { Workflow = workflow.Reference };
        await using var bare = await BareLoop.Record(node, spec, options.NewDirectory($"{name}-bare"));
        Console.WriteLine($"{name}: {bare.EventsPerJob} events in {bare.AppendsPerJob} appends a job");

        // Both sides compiled and their files grown before anything is measured.
        await ClosedLoop.Run(200, TimeSpan.FromSeconds(2), () => node.Run(spec));
        await ClosedLoop.Run(200, TimeSpan.FromSeconds(1), bare.RunJob);
        var rows = new List<Row>();
        foreach (var concurrency in options.Concurrencies)
        {
            var rounds = new List<(LoopResult Node, LoopResult Bare)>();
            for (var round = 0; round < options.Rounds; round++)
            {
                var bareResult = await ClosedLoop.Run(concurrency, options.LoopDuration, bare.RunJob);
                rounds.Add((await ClosedLoop.Run(concurrency, options.LoopDuration, () => node.Run(spec)), bareResult));
            }

            rows.Add(RowOf(name, concurrency, rounds));
            Console.WriteLine($"{name} {concurrency} in flight: {rows[^1].JobsPerSecond:N0} jobs/s, bare {rows[^1].BareJobsPerSecond:N0}, ratio {rows[^1].Ratio:F2}");
        }

        return rows;
    }

    /// <summary>The round with the median ratio stands for all: both sides of it ran next to each other.</summary>
    private static Row RowOf(string name, int concurrency, List<(LoopResult Node, LoopResult Bare)> rounds)
    {
        var (node, bare) = rounds.OrderBy(round => round.Node.PerSecond / round.Bare.PerSecond).ElementAt(rounds.Count / 2);
        var row = Row.Against(name, concurrency, node, bare);
        return (name, concurrency) switch
        {
            ("W1", 1000) => row with { Target = "ratio >= 0.5", Met = row.Ratio >= 0.5 },
            ("W2", 1000) => row with { Target = "ratio >= 0.6", Met = row.Ratio >= 0.6 },
            ("W2", 100) => row with { Target = "ratio >= 0.5, p99 <= 3 p50", Met = row.Ratio >= 0.5 && row.P99Ms <= 3 * row.P50Ms },
            ("W2", 1) => row with { Target = "p50 <= 1.5 x bare", Met = row.P50Ms <= 1.5 * row.BareP50Ms },
            _ => row,
        };
    }
}
