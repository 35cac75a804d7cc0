using System.Diagnostics;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Workflows;

namespace Dispatcher.Bench.Workloads;

/// <summary>
/// W3: 100,000 jobs that wait for a far start time; then a restart. And the restart of 20,000 jobs that were active, each with a step that waits in a
/// stage whose one place is taken.
/// </summary>
internal static class SleepingJobs
{
    private const int Sleeping = 100_000;
    private const int Active = 20_000;

    public static async Task<IReadOnlyList<Row>> Run(BenchOptions options) => [await Sleep(options.NewDirectory("W3-sleeping")), await Replay(options.NewDirectory("W3-active"))];

    private static async Task<Row> Sleep(string directory)
    {
        double submitted;
        await using (var node = BenchNode.Open(directory))
        {
            await node.Node.Start();
            var spec = await Spec(node, TimeProvider.System.GetUtcNow().AddDays(1));
            submitted = await SubmitAll(node, spec, Sleeping);
        }

        var empty = GC.GetTotalMemory(forceFullCollection: true);
        var clock = Stopwatch.StartNew();
        await using var restarted = BenchNode.Open(directory);
        await restarted.Node.Start();
        var ready = clock.Elapsed.TotalSeconds;
        var grown = GC.GetTotalMemory(forceFullCollection: true) - empty;
        Console.WriteLine($"W3: ready {ready:F2} s after a restart with {Sleeping:N0} sleeping jobs");
        return new Row
        {
            Workload = "W3",
            Concurrency = Sleeping,
            JobsPerSecond = Sleeping / submitted,
            P50Ms = ready * 1000,
            Target = "ready < 2 s",
            Met = ready < 2 && restarted.Node.ResidentJobs == 0,
            Note = $"ready in {ready:F2} s, {restarted.Node.ResidentJobs} jobs in memory, heap {grown / 1024:N0} KiB more than without a node; jobs/s = submissions",
        };
    }

    private static async Task<Row> Replay(string directory)
    {
        await using (var node = BenchNode.Open(directory, new HoldingHandler()))
        {
            await node.Node.Start();
            await SubmitAll(node, await Spec(node, startAt: null, "bench.hold"), Active);
        }

        var clock = Stopwatch.StartNew();
        await using var restarted = BenchNode.Open(directory, new HoldingHandler());
        var recovered = await restarted.Node.Start();
        await restarted.Node.WhenLoaded();
        var seconds = clock.Elapsed.TotalSeconds;
        Console.WriteLine($"W3: {recovered:N0} active jobs in memory again after {seconds:F2} s");
        return new Row
        {
            Workload = "W3 active",
            Concurrency = Active,
            JobsPerSecond = recovered / seconds,
            P50Ms = seconds * 1000,
            Target = "replay >= 20,000/s",
            Met = recovered == Active && recovered / seconds >= 20_000,
            Note = "opening the store, reading, folding, and each job's first turn",
        };
    }

    private static async Task<JobSpec> Spec(BenchNode node, DateTimeOffset? startAt, string handler = "noop")
    {
        var workflow = WorkflowDefinition.Create("w3", 1).Step("only", handler, stage: "narrow").Build();
        await node.Node.Workflows.Register(workflow);
        return new JobSpec { Workflow = workflow.Reference, StartAt = startAt };
    }

    private static async Task<double> SubmitAll(BenchNode node, JobSpec spec, int count)
    {
        var clock = Stopwatch.StartNew();
        foreach (var chunk in Enumerable.Range(0, count).Chunk(2000))
        {
            var replies = await Task.WhenAll(chunk.Select(_ => node.Node.Gateway.Submit(spec, BenchNode.Bench)));
            if (replies.FirstOrDefault(reply => reply is not JobActors.CommandReply.Done) is { } refused) throw new InvalidOperationException($"A job was not accepted: {refused}");
        }

        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>Holds its place until it is cancelled.</summary>
    private sealed class HoldingHandler : IStepHandler
    {
        public string Name => "bench.hold";

        public JsonSchema? With => null;

        public async ValueTask<StepResult> Run(StepContext context)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, context.Time, context.Cancellation);
            return StepResult.Completed.Empty;
        }
    }
}
