using System.Diagnostics;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Bench.Workloads;

/// <summary>
/// S1: what 10,000 schedules cost that are not due. S2: 1,000 that are due in the same second. S3: how late a firing is, of ten schedules that fire every second
/// while 10,000 others sleep.
/// </summary>
internal static class Schedules
{
    private const string Tenant = "default";
    private const int Sleeping = 10_000;
    private const int AtOnce = 1000;
    private const int Frequent = 10;

    public static async Task<IReadOnlyList<Row>> Run(BenchOptions options)
    {
        await using var node = BenchNode.Open(options.NewDirectory("S"));
        await node.Node.Start();
        var workflow = BenchNode.NoopSteps("s", steps: 1);
        await node.Node.Workflows.Register(workflow);
        var idle = await CpuShare(options);
        var created = await Create(node, Sleeping, "sleeping", new ScheduleDefinition { Name = "far", Cron = "0 0 1 1 *", Target = new ScheduleTarget("s") });
        var withSchedules = await CpuShare(options);
        var s1 = new Row
        {
            Workload = "S1",
            Concurrency = Sleeping,
            JobsPerSecond = Sleeping / created,
            Target = "< 1 % of one processor",
            Met = withSchedules - idle < 0.01,
            Note = FormattableString.Invariant($"{Sleeping:N0} schedules that are not due: {withSchedules:P3} of one processor ({idle:P3} without them); jobs/s = schedules made a second"),
        };
        Console.WriteLine($"S1: {s1.Note}");
        return [s1, await AllAtOnce(node), await EverySecond(node, options)];
    }

    private static async Task<Row> AllAtOnce(BenchNode node)
    {
        var due = Floor(node.Node.Gateway.Now.AddSeconds(15));
        await Create(node, AtOnce, "once", new ScheduleDefinition { Name = "once", At = due, Target = new ScheduleTarget("s") });
        var delays = await StartDelays(node, "schedule:once-", AtOnce);
        Console.WriteLine(FormattableString.Invariant($"S2: {AtOnce:N0} due in one second: the first started after {delays[0]:F0} ms, the last after {delays[^1]:F0} ms"));
        return RowOf("S2", AtOnce, delays, "all start within 2 s", delays[^1] < 2000);
    }

    private static async Task<Row> EverySecond(BenchNode node, BenchOptions options)
    {
        var seconds = options.Quick ? 10 : 60;
        await Create(node, Frequent, "often", new ScheduleDefinition { Name = "often", Cron = "* * * * * *", Target = new ScheduleTarget("s"), Overlap = OverlapPolicy.Allow });
        var delays = await StartDelays(node, "schedule:often-", Frequent * seconds);
        for (var i = 0; i < Frequent; i++) await node.Node.Scheduler!.Book.Delete(Tenant, $"often-{i}");
        Console.WriteLine(FormattableString.Invariant($"S3: started after {delays[delays.Count / 2]:F1} ms (half), {delays[delays.Count * 99 / 100]:F1} ms (99 %), {delays[^1]:F1} ms (all)"));
        return RowOf("S3", Frequent, delays, "within 100 ms of due", delays[^1] < 100);
    }

    private static Row RowOf(string workload, int concurrency, List<double> delays, string target, bool isMet) => new()
    {
        Workload = workload,
        Concurrency = concurrency,
        P50Ms = delays[delays.Count / 2],
        P99Ms = delays[delays.Count * 99 / 100],
        Target = target,
        Met = isMet,
        Note = FormattableString.Invariant($"from due to the event job.started, {delays.Count:N0} runs; the last after {delays[^1]:F0} ms"),
    };

    private static async Task<double> Create(BenchNode node, int count, string name, ScheduleDefinition definition)
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < count; i++)
        {
            var outcome = await node.Node.Scheduler!.Book.Create(Tenant, $"{name}-{i}", definition);
            if (outcome.Refusal is { } refusal) throw new InvalidOperationException($"A schedule was not made: {refusal.Message}");
        }

        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>The part of one processor that this process takes while it does nothing.</summary>
    private static async Task<double> CpuShare(BenchOptions options)
    {
        // A look at what is due comes once a minute, so that one is in it.
        var time = TimeSpan.FromSeconds(options.Quick ? 20 : 65);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        var before = Process.GetCurrentProcess().TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        await Task.Delay(time, TimeProvider.System);
        return (Process.GetCurrentProcess().TotalProcessorTime - before) / clock.Elapsed;
    }

    /// <summary>Milliseconds from due to start of the first runs of schedules whose ids begin so, smallest first.</summary>
    private static async Task<List<double>> StartDelays(BenchNode node, string correlation, int runs)
    {
        var delays = new List<double>();
        for (var after = 0L; delays.Count < runs;)
        {
            var page = await node.Store.ReadJournal(after, Tenant, 1000);
            foreach (var entry in page.Entries.Where(entry => entry.Type == "job.started" && entry.Address.CorrelationId?.StartsWith(correlation, StringComparison.Ordinal) == true))
            {
                var due = DateTimeOffset.Parse(entry.Address.CorrelationId!.Split('@')[1], System.Globalization.CultureInfo.InvariantCulture);
                delays.Add((entry.At - due).TotalMilliseconds);
            }

            after = page.Next;
            if (page.IsLast) await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        }

        delays.Sort();
        return delays;
    }

    private static DateTimeOffset Floor(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
}
