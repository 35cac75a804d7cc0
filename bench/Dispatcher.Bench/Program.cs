using Dispatcher.Bench;
using Dispatcher.Jobs;

var root = Path.Combine(Path.GetTempPath(), $"dispatcher-bench-{Environment.ProcessId}");
Directory.CreateDirectory(root);
var seconds = args.Length > 0 ? double.Parse(args[0], System.Globalization.CultureInfo.InvariantCulture) : 3;
foreach (var steps in args.Length > 1 ? new[] { int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) } : [1, 3])
{
    await using var node = BenchNode.Open(Path.Combine(root, $"node{steps}"));
    await node.Node.Start();
    var workflow = BenchNode.NoopSteps($"w{steps}", steps);
    await node.Node.Workflows.Register(workflow);
    var spec = new JobSpec { Workflow = workflow.Reference };
    await using var bare = await BareLoop.Record(node, spec, Path.Combine(root, $"bare{steps}"));
    Console.WriteLine($"{steps} steps: {bare.AppendsPerJob} appends, {bare.EventsPerJob} events");
    foreach (var concurrency in args.Length > 2 ? new[] { int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture) } : [1, 10, 100, 1000, 5000])
    {
        var bareResult = await ClosedLoop.Run(concurrency, TimeSpan.FromSeconds(seconds), bare.RunJob);
        var nodeResult = await ClosedLoop.Run(concurrency, TimeSpan.FromSeconds(seconds), () => node.Run(spec));
        Console.WriteLine($"c={concurrency}: node {nodeResult.PerSecond:F0}/s p50 {nodeResult.P50Ms:F2} p99 {nodeResult.P99Ms:F2} cpu {nodeResult.CpuMicroseconds:F0} us; bare {bareResult.PerSecond:F0}/s p50 {bareResult.P50Ms:F2} p99 {bareResult.P99Ms:F2} cpu {bareResult.CpuMicroseconds:F0} us; ratio {nodeResult.PerSecond / bareResult.PerSecond:F2}");
    }
}

Directory.Delete(root, recursive: true);
return 0;
