using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using Dispatcher.Actors.Tests.Store.Postgres;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Admission;
using Dispatcher.Workflows;
using static Dispatcher.Actors.Tests.Sharding.TestCluster;

namespace Dispatcher.Actors.Tests.Sharding;

/// <summary>The limits of a stage over several nodes, measured in the handlers.</summary>
[Collection(SecondPostgresCollection.Name)]
public sealed class ClusterAdmissionTests : IAsyncLifetime
{
    private const string Workflow = "steps: [ { id: a, uses: gauge, stage: narrow, retry: { max_attempts: 9 } } ]";

    /// <summary>Slots are by the database's clock, starts by that of this process.</summary>
    private static readonly TimeSpan ClocksMayDiffer = TimeSpan.FromMilliseconds(10);

    private TestCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await Create();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task TheCap_IsNeverPassed_WhileNodesComeAndGo()
    {
        _cluster.StageLimits = static _ => new StageLimits { MaxConcurrency = 4 };
        // A machine that stands still for some seconds must be able to give signs of life in time, and to cancel a step within the margin.
        _cluster.Options = _cluster.Options with { Ttl = TimeSpan.FromSeconds(12), TrustMargin = TimeSpan.FromSeconds(6), CrashGrace = TimeSpan.FromSeconds(5) };
        var gauge = new Gauge();
        var handlers = new List<GaugeHandler>();
        var nodes = new List<TestNode>();
        for (var i = 0; i < 3; i++) nodes.Add(await Start());
        await _cluster.WhenSettled(nodes: 3);
        var spec = await nodes[0].Register(Workflow);
        var ids = new List<JobId>();
        handlers.ForEach(handler => handler.StandsStill = true);
        for (var i = 0; i < 150; i++) ids.Add(await Accept(nodes[i % 3], spec));
        await gauge.HasStarted(4);

        // The steps of one node stand still until they are cancelled: they run on when nobody believes in the node any more.
        handlers[0].GoOn();
        handlers[2].GoOn();
        await handlers[1].HasOneThatStandsStill();
        nodes[1].Crash();
        nodes.Add(await Start());
        await nodes[1].Node.Cluster!.StoodDown.WaitAsync(TimeSpan.FromSeconds(90));
        await nodes[0].Leave();

        foreach (var id in ids) await End(nodes[2], id);
        Assert.Equal(4, gauge.Most);
        // A step that was cancelled may end a moment after its job has gone on elsewhere.
        Assert.True(SpinWait.SpinUntil(() => gauge.Now == 0, TimeSpan.FromSeconds(60)), $"{gauge.Now} steps run on.");

        async Task<TestNode> Start()
        {
            handlers.Add(new GaugeHandler(gauge));
            return await _cluster.Start(handlers[^1]);
        }
    }

    [Fact]
    public async Task AStart_CostsNoRoundTrip_WhenANodeHasPlaces()
    {
        _cluster.StageLimits = static _ => new StageLimits { MaxConcurrency = 4 };
        var handler = new GaugeHandler(new Gauge()) { StandsStill = true };
        var node = await _cluster.Start(handler);
        var spec = await node.Register(Workflow);
        // However slow the machine is, the stage is never without a step for so long that the places would be given back.
        var first = await Accept(node, spec);
        await handler.HasOneThatStandsStill();
        handler.StandsStill = false;

        for (var i = 0; i < 100; i++) await End(node, await Accept(node, spec));

        Assert.Equal(1L, await _cluster.Data.Execute("SELECT request FROM {schema}.stage_shares"));
        handler.GoOn();
        await End(node, first);
    }

    [Fact]
    public async Task Starts_CostFewRequests_WhenNodesContend()
    {
        _cluster.StageLimits = static _ => new StageLimits { MaxConcurrency = 4 };
        // Each look at the cluster costs a contending node a request: how many there are must not depend on how long it takes.
        _cluster.Options = _cluster.Options with { HeartbeatInterval = TimeSpan.FromSeconds(5) };
        var gauge = new Gauge();
        var handler = new GaugeHandler(gauge) { StandsStill = true };
        var nodes = await _cluster.StartAll(2, handler);
        await _cluster.WhenSettled(nodes: 2);
        var spec = await nodes[0].Register(Workflow);
        var ids = new List<JobId>();
        for (var i = 0; i < 300; i++) ids.Add(await Accept(nodes[i % 2], spec));
        await gauge.HasStarted(4);
        handler.GoOn();

        foreach (var id in ids) await End(nodes[0], id);

        var requests = (decimal)(await _cluster.Data.Execute("SELECT sum(request) FROM {schema}.stage_shares"))!;
        Assert.True(requests <= 150, $"{requests} requests for {gauge.Starts.Count} starts");
        Assert.Equal(4, gauge.Most);
    }

    /// <summary>What a worker does outside goes on when its node crashes: the next owner of the job counts it, and nothing starts beside it.</summary>
    [Fact]
    public async Task WorkOutside_KeepsItsPlace_WhenItsNodeCrashes()
    {
        _cluster.StageLimits = static _ => new StageLimits { MaxConcurrency = 1 };
        var outside = new OutsideHandler();
        var nodes = await _cluster.StartAll(3, outside);
        await _cluster.WhenSettled(nodes: 3);
        var spec = await nodes[0].Register("steps: [ { id: a, uses: outside, stage: narrow, retry: { max_attempts: 9 } } ]");
        var ids = new List<JobId>();
        for (var i = 0; i < 6; i++) ids.Add(await Accept(nodes[i % 3], spec));
        var first = await outside.Next();
        var owner = (long)(await _cluster.Data.Execute($"SELECT s.incarnation FROM {{schema}}.jobs j JOIN {{schema}}.shards s USING (shard) WHERE j.job_id = '{first}'"))!;

        await _cluster.Bury(nodes.Single(node => node.Incarnation == owner));

        Assert.Equal(first, await outside.Next());
        var schema = _cluster.Data.Options.Schema;
        await _cluster.Data.Until($"(SELECT count(*) = 1 AND sum(held) = 1 FROM {schema}.stage_shares WHERE held > 0 AND incarnation <> {owner})");
        // It was silent for so long that what it held is free.
        await _cluster.Data.Execute($"UPDATE {{schema}}.nodes SET last_seen_at = last_seen_at - interval '1 h' WHERE incarnation = {owner}");
        await _cluster.Data.Until($"NOT EXISTS (SELECT 1 FROM {schema}.stage_shares WHERE incarnation = {owner})");
        Assert.Equal(first, Assert.Single(outside.Working));

        outside.End(first);
        for (var i = 1; i < ids.Count; i++) outside.End(await outside.Next());
        foreach (var id in ids) await End(nodes.First(node => node.Incarnation != owner), id);
        Assert.Equal(1, outside.Most);
    }

    [Fact]
    public async Task EachNode_GetsItsTurn_WhenThereIsOnePlace()
    {
        _cluster.StageLimits = static _ => new StageLimits { MaxConcurrency = 1 };
        var gauge = new Gauge();
        var handlers = Enumerable.Range(0, 2).Select(_ => new GaugeHandler(gauge)).ToList();
        var nodes = new List<TestNode>();
        foreach (var handler in handlers) nodes.Add(await _cluster.Start(handler));
        await _cluster.WhenSettled(nodes: 2);
        var spec = await nodes[0].Register(Workflow);
        for (var i = 0; i < 400; i++) await Accept(nodes[i % 2], spec);

        // Long before either has done all that is its own.
        foreach (var handler in handlers) await handler.HasStarted(10);

        Assert.Equal(1, gauge.Most);
    }

    /// <summary>
    /// The n-th start of all, from 0, comes no earlier than n delays after the first step was there. How much later it comes is the machine's affair, so this holds on a busy one too, and two
    /// starts are not compared with each other. Were each node on its own, the second would come at once.
    /// </summary>
    [Fact]
    public async Task Starts_AreTheDelayApart_OverAllNodes()
    {
        var delay = TimeSpan.FromMilliseconds(500);
        _cluster.StageLimits = _ => new StageLimits { StartDelay = delay };

        await AssertStarts(jobs: 8, start => start * delay);
    }

    [Fact]
    public async Task Starts_KeepTheRate_OverAllNodes()
    {
        _cluster.StageLimits = static _ => new StageLimits { RatePerSecond = 4, RateBurst = 3 };

        await AssertStarts(jobs: 15, start => Math.Max(0, start - 2) * TimeSpan.FromMilliseconds(250));
    }

    private async Task AssertStarts(int jobs, Func<int, TimeSpan> earliest)
    {
        var gauge = new Gauge();
        var nodes = await _cluster.StartAll(3, new GaugeHandler(gauge));
        await _cluster.WhenSettled(nodes: 3);
        var spec = await nodes[0].Register(Workflow);
        var begun = gauge.Elapsed;
        var ids = new List<JobId>();
        for (var i = 0; i < jobs; i++) ids.Add(await Accept(nodes[i % 3], spec));
        foreach (var id in ids) await End(nodes[0], id);

        var starts = gauge.Starts.Select(start => start - begun).ToList();
        Assert.Equal(jobs, starts.Count);
        for (var i = 0; i < jobs; i++) Assert.True(starts[i] >= earliest(i) - ClocksMayDiffer, $"Start {i} is too early: {string.Join(", ", starts)}");
    }

    private static async Task<JobId> Accept(TestNode node, JobSpec spec) => Assert.IsType<CommandReply.Done>(await node.Gateway.Submit(spec, Ada)).JobId;

    private async Task End(TestNode node, JobId id)
    {
        await _cluster.Data.Until($"(SELECT status IN ('completed', 'failed', 'cancelled') FROM {_cluster.Data.Options.Schema}.jobs WHERE job_id = '{id}')");
        Assert.Equal(JobStatus.Completed, (await node.Gateway.Inspect(id))!.State!.Status);
    }

    /// <summary>Steps that run now on any node.</summary>
    private sealed class Gauge
    {
        private readonly Lock _gate = new();
        private readonly long _since = Stopwatch.GetTimestamp();
        private readonly SemaphoreSlim _started = new(0);

        public int Now { get; private set; }

        public int Most { get; private set; }

        public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_since);

        public List<TimeSpan> Starts { get; } = [];

        public void Begin()
        {
            lock (_gate)
            {
                Starts.Add(Elapsed);
                Most = Math.Max(Most, ++Now);
            }

            _started.Release();
        }

        public void End()
        {
            lock (_gate) Now--;
        }

        public Task HasStarted(int count) => WhenStarted(_started, count);
    }

    /// <summary>Work that goes on outside whatever becomes of the node that gave it out, until the test ends it.</summary>
    private sealed class OutsideHandler : IExternalStepHandler
    {
        private readonly Channel<JobId> _given = Channel.CreateUnbounded<JobId>();
        private readonly ConcurrentDictionary<JobId, TaskCompletionSource> _working = [];
        private int _most;

        public string Name => "outside";

        public JsonSchema? With => null;

        public ICollection<JobId> Working => _working.Keys;

        public int Most => _most;

        public async ValueTask<StepResult> Run(StepContext context)
        {
            var work = _working.GetOrAdd(context.JobId, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            InterlockedMax(_working.Count);
            Assert.True(_given.Writer.TryWrite(context.JobId));
            await work.Task.WaitAsync(context.Cancellation);
            return StepResult.Completed.Empty;
        }

        /// <summary>The next job whose work is given out, or given out again.</summary>
        public async Task<JobId> Next()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            return await _given.Reader.ReadAsync(limit.Token);
        }

        public void End(JobId id)
        {
            Assert.True(_working.TryRemove(id, out var work));
            work.SetResult();
        }

        private void InterlockedMax(int count)
        {
            for (var most = _most; count > most; most = _most) Interlocked.CompareExchange(ref _most, count, most);
        }
    }

    private static async Task WhenStarted(SemaphoreSlim started, int count)
    {
        for (var i = 0; i < count; i++) Assert.True(await started.WaitAsync(TimeSpan.FromSeconds(60)), $"{i} of {count} have started.");
    }

    /// <summary>A step of a few milliseconds, or one that stands still until it is told to go on, or is cancelled.</summary>
    private sealed class GaugeHandler(Gauge gauge) : IStepHandler
    {
        private readonly SemaphoreSlim _started = new(0);
        private readonly TaskCompletionSource _standsStill = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _goesOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Name => "gauge";

        public JsonSchema? With => null;

        public bool StandsStill { get; set; }

        public async ValueTask<StepResult> Run(StepContext context)
        {
            gauge.Begin();
            _started.Release();
            try
            {
                var standsStill = StandsStill;
                if (standsStill) _standsStill.TrySetResult();
                await (standsStill ? _goesOn.Task.WaitAsync(context.Cancellation) : Task.Delay(TimeSpan.FromMilliseconds(20), context.Time, context.Cancellation));
                return StepResult.Completed.Empty;
            }
            finally
            {
                gauge.End();
            }
        }

        public Task HasStarted(int count) => WhenStarted(_started, count);

        /// <summary>No step stands still any more.</summary>
        public void GoOn()
        {
            StandsStill = false;
            _goesOn.TrySetResult();
        }

        public Task HasOneThatStandsStill() => _standsStill.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }
}
