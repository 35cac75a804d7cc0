using System.Diagnostics;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Store.GroupCommit;
using Dispatcher.Store.Postgres;
using Dispatcher.Tests.Shared;
using Dispatcher.Workflows;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Dispatcher.Bench.Postgres;

/// <summary>
/// Nodes of a cluster in this process, on a PostgreSQL of their own on this machine, with its flushes. <c>C1</c>: three-step jobs on one node against the bare loop. <c>C2</c>: the same
/// on two nodes, against one. <c>C3</c>: a command to a job of another node. <c>C4</c>: the jobs of a node that crashes. <c>C5</c>: three nodes with nothing to do. <c>C6</c>: commands while shards move.
/// </summary>
internal sealed class ClusterBench : IAsyncDisposable
{
    private const int Concurrency = 1000;

    private readonly BenchOptions _options;
    private readonly PostgresCluster _cluster;
    private readonly NpgsqlConnection _admin;
    private int _nodes;

    private ClusterBench(BenchOptions options, PostgresCluster cluster, NpgsqlConnection admin) => (_options, _cluster, _admin) = (options, cluster, admin);

    public static async Task<IReadOnlyList<Row>> Run(BenchOptions options)
    {
        var rows = new List<Row>();
        if (options.Runs("C1"))
        {
            await using var bench = await Start(options);
            rows.AddRange(await bench.Throughput());
        }

        if (options.Runs("C3"))
        {
            await using var bench = await Start(options);
            rows.Add(await bench.RemoteCommands());
        }

        if (options.Runs("C6"))
        {
            await using var bench = await Start(options);
            rows.Add(await bench.HandOver());
        }

        if (options.Runs("C4"))
        {
            foreach (var sleeping in new[] { 0, options.Quick ? 100_000 : 1_000_000 })
            {
                await using var bench = await Start(options);
                rows.Add(await bench.TakeOver(sleeping));
            }
        }

        if (options.Runs("C5"))
        {
            await using var bench = await Start(options, "-c log_statement=all");
            rows.Add(await bench.Idle());
        }

        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        await _admin.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
        _cluster.Stop();
    }

    private static async Task<ClusterBench> Start(BenchOptions options, string settings = "")
    {
        var cluster = await PostgresCluster.Start("-c shared_buffers=256MB -c max_wal_size=4GB -c checkpoint_timeout=30min -c max_connections=200 " + settings);
        var admin = new NpgsqlConnection(cluster.ConnectionString);
        await admin.OpenAsync();
        return new ClusterBench(options, cluster, admin);
    }

    private async Task<IReadOnlyList<Row>> Throughput()
    {
        await (await OpenStore("bare")).DisposeAsync();
        var connection = new NpgsqlConnection(_cluster.ConnectionString + ";Max Auto Prepare=20;Auto Prepare Min Usages=1");
        await connection.OpenAsync();
        using var bareWriter = new BareBatchWriter(connection);
        await using var bare = new GroupCommitWriter(new CommitQueue(1000, 1024 * 1024, 100_000), bareWriter, NullLogger.Instance);
        var bareJobs = new StoreJobs(bare.Append);

        await using var first = await Join();
        var workflow = BenchNode.NoopSteps("cluster", 3);
        await first.Node.Workflows.Register(workflow);
        var spec = new JobSpec { Workflow = workflow.Reference };
        var (alone, bares, together) = (new List<LoopResult>(), new List<LoopResult>(), new List<LoopResult>());
        await ClosedLoop.Run(200, TimeSpan.FromSeconds(2), () => first.Run(spec));
        for (var round = 0; round < _options.Rounds; round++)
        {
            bares.Add(await ClosedLoop.Run(Concurrency, _options.LoopDuration, bareJobs.Run));
            alone.Add(await ClosedLoop.Run(Concurrency, _options.LoopDuration, () => first.Run(spec)));
        }

        var one = await ClosedLoop.Run(1, _options.LoopDuration, () => first.Run(spec));
        await using var second = await Join();
        await WhenSettled(2);
        var next = 0;
        await ClosedLoop.Run(200, TimeSpan.FromSeconds(2), () => second.Run(spec));
        for (var round = 0; round < _options.Rounds; round++)
            together.Add(await ClosedLoop.Run(Concurrency, _options.LoopDuration, () => (Interlocked.Increment(ref next) % 2 == 0 ? first : second).Run(spec)));
        var (best, bestBare, bestTwo) = (Best(alone), Best(bares), Best(together));
        return
        [
            RowOf("C1", best, bestBare) with { Target = "ratio >= 0.55", Met = best.PerSecond / bestBare.PerSecond >= 0.55, Note = "one node, against the bare loop" },
            new Row { Workload = "C1", Store = "postgres", Concurrency = 1, JobsPerSecond = one.PerSecond, P50Ms = one.P50Ms, P99Ms = one.P99Ms, CpuUs = one.CpuMicroseconds, Note = "one node, one job at a time" },
            RowOf("C2", bestTwo, best) with { Target = "ratio >= 1", Met = bestTwo.PerSecond >= best.PerSecond, Note = "two nodes in one process, against one" },
        ];
    }

    /// <summary>Commands to jobs of all shards, from a node that keeps its own, while a third of the shards go to a node that comes: the slowest one waited for a hand-over.</summary>
    private async Task<Row> HandOver()
    {
        const int lanes = 8;
        await using var one = await Join();
        await using var two = await Join();
        await WhenSettled(2);
        var jobs = await MakeWaiting(one, 400);
        using var end = new CancellationTokenSource();
        var latencies = new List<double>();
        var next = 0;
        var load = Task.WhenAll(Enumerable.Range(0, lanes).Select(async _ =>
        {
            while (!end.IsCancellationRequested)
            {
                var number = Interlocked.Increment(ref next);
                var startedAt = Stopwatch.GetTimestamp();
                await Change(one, jobs, number);
                lock (latencies) latencies.Add(Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds);
            }
        }));
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        lock (latencies) latencies.Clear();
        await using var third = await OpenNode();
        var joining = third.Node.Start();
        await WhenSettled(3);
        await joining;
        await end.CancelAsync();
        await load;
        latencies.Sort();
        return new Row
        {
            Workload = "C6",
            Store = "postgres",
            Concurrency = lanes,
            P50Ms = latencies[latencies.Count / 2],
            P99Ms = latencies[latencies.Count * 99 / 100],
            Target = "slowest < 250 ms",
            Met = latencies[^1] < 250,
            Note = $"commands while a third node takes its shards; the slowest of {latencies.Count:N0} took {latencies[^1]:N0} ms",
        };
    }

    private static async Task<List<JobId>> MakeWaiting(BenchNode node, int count)
    {
        var workflow = BenchNode.NoopSteps("waiting", 1);
        await node.Node.Workflows.Register(workflow);
        var spec = new JobSpec { Workflow = workflow.Reference, StartAt = node.Node.Gateway.Now.AddHours(1) };
        var jobs = new List<JobId>();
        for (var i = 0; i < count; i++) jobs.Add(((CommandReply.Done)await node.Node.Gateway.Submit(spec, BenchNode.Bench)).JobId);
        return jobs;
    }

    private static async Task Change(BenchNode from, List<JobId> jobs, int number)
    {
        var command = new JobCommand.ChangePriority((number / jobs.Count % 100) + 1, BenchNode.Bench, null, from.Node.Gateway.Now);
        var reply = await from.Node.Gateway.Send(jobs[number % jobs.Count], command);
        if (reply is not CommandReply.Done) throw new InvalidOperationException($"The command was answered {reply}.");
    }

    /// <summary>One at a time: what a person waits for.</summary>
    private async Task<Row> RemoteCommands()
    {
        await using var owner = await Join();
        await using var other = await Join();
        await WhenSettled(2);
        var jobs = await MakeWaiting(owner, 100);
        var number = 0;
        var own = await ClosedLoop.Run(1, _options.LoopDuration, () => Change(owner, jobs, ++number));
        var remote = await ClosedLoop.Run(1, _options.LoopDuration, () => Change(other, jobs, ++number));
        return RowOf("C3", remote, own, concurrency: 1) with { BareP50Ms = own.P50Ms, Target = "p50 < 15 ms", Met = remote.P50Ms < 15, Note = "a command to another node's job, against one to a node's own" };
    }

    /// <summary>From the moment when a node is declared dead until all of its steps run elsewhere.</summary>
    private async Task<Row> TakeOver(int sleeping)
    {
        const int active = 10_000;
        var (held, taken) = (new HoldHandler(), new HoldHandler());
        var dying = await Join(held);
        if (sleeping > 0) await MakeSleepers(sleeping);
        var workflow = WorkflowDefinition.Parse("name: held\nversion: 1\nsteps: [ { id: a, uses: hold, retry: { max_attempts: 9, on: [worker-lost] } } ]");
        await dying.Node.Workflows.Register(workflow);
        var spec = new JobSpec { Workflow = workflow.Reference };
        foreach (var some in Enumerable.Range(0, active).Chunk(500)) await Task.WhenAll(some.Select(_ => dying.Node.Gateway.Submit(spec, BenchNode.Bench)));
        await held.WhenRunning(active);
        await using var heir = await OpenNode(taken);
        // The heir may own nothing yet: all jobs are the dying node's until it is dead.
        dying.Node.Cluster!.Line.Close();
        var joining = heir.Node.Start();
        await taken.WhenRunning(active);
        var all = Stopwatch.GetTimestamp();
        var detectedMs = (double)(await Ask("SELECT extract(epoch FROM clock_timestamp() - max(ended_at)) * 1000 FROM dispatcher.nodes WHERE state = 'dead'"))! - Stopwatch.GetElapsedTime(all).TotalMilliseconds;
        await joining;
        await dying.DisposeAsync();
        return new Row
        {
            Workload = "C4",
            Store = "postgres",
            Concurrency = active,
            P50Ms = detectedMs,
            Target = "<= 3000 ms",
            Met = detectedMs <= 3000,
            Note = $"from the detection until all {active:N0} jobs run elsewhere, beside {sleeping:N0} that sleep",
        };
    }

    /// <summary>Rows alone: a take-over finds what is due, and these are not.</summary>
    private Task MakeSleepers(int count) => Ask(
        $"""
        INSERT INTO dispatcher.jobs (job_id, shard, tenant, workflow_name, workflow_version, status, priority, created_at, updated_at, wake_at)
        SELECT id, (('x' || right(id::text, 8))::bit(32)::bigint % 128)::int, 'default', 'sleeper', 1, 'scheduled', 0, 1, 1, 9000000000000000 FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, {count})) s
        """);

    private async Task<Row> Idle()
    {
        await using var one = await Join();
        await using var two = await Join();
        await using var three = await Join();
        await WhenSettled(3);
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
        var seconds = _options.Quick ? 15 : 60;
        var (before, startedAt) = (Statements(), Stopwatch.GetTimestamp());
        await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        var perSecond = (Statements() - before) / Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        return new Row { Workload = "C5", Store = "postgres", JobsPerSecond = perSecond, Target = "<= 5 queries/s", Met = perSecond <= 5, Note = "statements a second at the database, three nodes with nothing to do" };
    }

    /// <summary>As the server has logged them.</summary>
    private int Statements() => File.ReadLines(Path.Combine(_cluster.DataDirectory!, "..", "log")).Count(line => line.Contains(" statement: ", StringComparison.Ordinal) || line.Contains(" execute ", StringComparison.Ordinal));

    private async Task<BenchNode> Join(params IStepHandler[] more)
    {
        var node = await OpenNode(more);
        await node.Node.Start();
        return node;
    }

    private Task<BenchNode> OpenNode(params IStepHandler[] more) =>
        BenchNode.OpenMember(new PostgresStoreOptions { ConnectionString = _cluster.ConnectionString, NodeName = $"node-{++_nodes}" }, _options.NewDirectory($"cluster-{_nodes}"), more);

    private Task<PostgresJobStore> OpenStore(string schema) =>
        PostgresJobStore.Open(new PostgresStoreOptions { ConnectionString = _cluster.ConnectionString, Schema = schema }, TimeProvider.System, NullLogger.Instance);

    private async Task WhenSettled(int nodes)
    {
        while (await Ask($"SELECT bool_and(incarnation = target) AND count(DISTINCT incarnation) = {nodes} FROM dispatcher.shards") is not true)
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
    }

    private async Task<object?> Ask(string sql)
    {
        await using var command = new NpgsqlCommand(sql, _admin) { CommandTimeout = 300 };
        var value = await command.ExecuteScalarAsync();
        return value is decimal number ? (double)number : value;
    }

    private static LoopResult Best(List<LoopResult> results) => results.MaxBy(result => result.PerSecond)!;

    private static Row RowOf(string workload, LoopResult result, LoopResult against, int concurrency = Concurrency) =>
        Row.Against(workload, concurrency, result, against) with { Store = "postgres" };

    /// <summary>Runs until it is cancelled.</summary>
    private sealed class HoldHandler : IStepHandler
    {
        private readonly TaskCompletionSource _enough = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _wanted = int.MaxValue;
        private int _running;

        public string Name => "hold";

        public JsonSchema? With => null;

        public async ValueTask<StepResult> Run(StepContext context)
        {
            if (Interlocked.Increment(ref _running) >= Volatile.Read(ref _wanted)) _enough.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, context.Time, context.Cancellation);
            return StepResult.Completed.Empty;
        }

        public Task WhenRunning(int count)
        {
            Volatile.Write(ref _wanted, count);
            if (Volatile.Read(ref _running) >= count) _enough.TrySetResult();
            return _enough.Task;
        }
    }
}
