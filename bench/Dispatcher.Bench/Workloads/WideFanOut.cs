using System.Diagnostics;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Workflows;

namespace Dispatcher.Bench.Workloads;

/// <summary>W4: one job with a fan-out of 10,000 no-op items; counted in items.</summary>
internal static class WideFanOut
{
    private const int Items = JobLimits.FanOutItems;

    public static async Task<Row> Run(BenchOptions options)
    {
        await using var node = BenchNode.Open(options.NewDirectory("W4-node"));
        await node.Node.Start();
        var workflow = WorkflowDefinition.Create("w4", 1).Step("items", "noop", forEach: "${input.items}").Build();
        await node.Node.Workflows.Register(workflow);
        var spec = new JobSpec { Workflow = workflow.Reference, Input = JsonSerializer.SerializeToElement(new { items = Enumerable.Range(0, Items).ToArray() }) };
        await using var bare = await BareLoop.Record(node, spec, options.NewDirectory("W4-bare"));
        var rounds = new List<(double Node, double Bare)>();
        for (var round = 0; round < 3; round++)
        {
            var bareSeconds = await Time(bare.RunJob);
            rounds.Add((await Time(() => node.Run(spec)), bareSeconds));
        }

        var (nodeSeconds, bareMedian) = rounds.OrderBy(round => round.Node / round.Bare).ElementAt(1);
        Console.WriteLine($"W4: {Items / nodeSeconds:N0} items/s");
        return new Row
        {
            Workload = "W4",
            Concurrency = 1,
            JobsPerSecond = Items / nodeSeconds,
            BareJobsPerSecond = Items / bareMedian,
            Ratio = bareMedian / nodeSeconds,
            P50Ms = nodeSeconds * 1000,
            Note = $"items, not jobs; {bare.EventsPerJob:N0} events in {bare.AppendsPerJob:N0} appends",
        };
    }

    private static async Task<double> Time(Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        return clock.Elapsed.TotalSeconds;
    }
}
