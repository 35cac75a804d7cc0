using Dispatcher.Actors.Tests.Simulation;
using Dispatcher.Actors.Tests.Store.Postgres;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Sharding;
using Dispatcher.Steps;
using Dispatcher.Steps.Admission;
using Dispatcher.Steps.Handlers;
using Dispatcher.Store.Postgres;
using Dispatcher.Workflows;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.Sharding;

/// <summary>
/// Nodes of one cluster in this process, on a real PostgreSQL. They look at each other often, but nobody is taken for dead because the machine stood still for some seconds: a test that
/// needs a dead node says so (<see cref="Bury"/>), or asks for shorter times.
/// </summary>
internal sealed class TestCluster : IAsyncDisposable
{
    public static readonly Principal Ada = new("ada");

    private readonly List<TestNode> _nodes = [];

    private TestCluster(PostgresData data) => Data = data;

    public PostgresData Data { get; }

    public ClusterOptions Options { get; set; } = new()
    {
        HeartbeatInterval = TimeSpan.FromMilliseconds(200),
        Ttl = TimeSpan.FromSeconds(60),
        TrustMargin = TimeSpan.FromSeconds(20),
        CrashGrace = TimeSpan.FromSeconds(30),
        CommandWait = TimeSpan.FromSeconds(60),
    };

    /// <summary>The limits of each stage, for nodes that are opened from now on.</summary>
    public Func<string, StageLimits> StageLimits { get; set; } = static _ => Dispatcher.Steps.Admission.StageLimits.Default;

    public static async Task<TestCluster> Create() => new(await PostgresData.CreateOnSecond());

    public async Task<TestNode> Start(params IStepHandler[] handlers)
    {
        var node = await Open(handlers);
        await node.Node.Start();
        return node;
    }

    /// <summary>Several at once, as a deployment does.</summary>
    public async Task<IReadOnlyList<TestNode>> StartAll(int count, params IStepHandler[] handlers)
    {
        var nodes = new List<TestNode>();
        for (var i = 0; i < count; i++) nodes.Add(await Open(handlers));
        await Task.WhenAll(nodes.Select(node => node.Node.Start()));
        return nodes;
    }

    /// <summary>Waits until each shard has the owner that it is meant for, and all nodes but those that are gone own some.</summary>
    public Task WhenSettled(int nodes) => Data.Until(
        $"(SELECT count(*) = 16 AND count(DISTINCT incarnation) = {nodes} FROM {Data.Options.Schema}.shards WHERE incarnation = target) AND (SELECT max(n) - min(n) <= 2 FROM (SELECT count(*) AS n FROM {Data.Options.Schema}.shards GROUP BY incarnation) c)");

    /// <summary>A node has crashed, and an operator knows it for sure: it is dead at once, and its shards are given to others.</summary>
    public async Task Bury(TestNode dead)
    {
        dead.Crash();
        Assert.True(await _nodes.First(node => !node.HasCrashed).Store.DeclareDead(dead.Incarnation));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        await Data.DisposeAsync();
    }

    private async Task<TestNode> Open(IStepHandler[] handlers)
    {
        var store = await PostgresJobStore.Open(Data.Options with { NodeName = $"node-{_nodes.Count + 1}" }, TimeProvider.System, NullLogger.Instance);
        var edges = new NodeEdges
        {
            Store = store,
            Cluster = store,
            Quota = store,
            Schedules = store,
            Handlers = new HandlerRegistry([new NoopHandler(), new DelayHandler(), new FailHandler(), new WorkflowRunHandler(), .. handlers]),
            Artifacts = new NoArtifacts(),
            Logger = NullLogger.Instance,
        };
        var node = new TestNode(store, new DispatcherNode(edges, new NodeOptions { Cluster = Options, StageLimits = StageLimits, DrainTimeout = TimeSpan.FromSeconds(1), PassivateIfIdleFor = TimeSpan.FromSeconds(30) }));
        _nodes.Add(node);
        return node;
    }
}

/// <summary>One node of a <see cref="TestCluster"/>.</summary>
internal sealed class TestNode(PostgresJobStore store, DispatcherNode node) : IAsyncDisposable
{
    private bool _isGone;

    public PostgresJobStore Store { get; } = store;

    public DispatcherNode Node { get; } = node;

    public JobGateway Gateway => Node.Gateway;

    public long Incarnation => Store.Incarnation;

    public async Task<JobSpec> Register(string body)
    {
        var definition = WorkflowDefinition.Parse($"name: test\nversion: 1\n{body}");
        await Node.Workflows.Register(definition);
        return new JobSpec { Workflow = definition.Reference };
    }

    /// <summary>The node leaves and ends.</summary>
    public async Task Leave()
    {
        _isGone = true;
        await Node.Stop();
        await Store.DisposeAsync();
    }

    public bool HasCrashed { get; private set; }

    /// <summary>As if its process had died: no sign of life any more, and its writes are not its own to end.</summary>
    public void Crash()
    {
        if (HasCrashed) return;
        HasCrashed = true;
        Node.Cluster!.Line.Close();
    }

    public async ValueTask DisposeAsync()
    {
        if (_isGone) return;
        // It would wait for others to take its shards, and does not hear of it any more.
        if (HasCrashed) Node.Cluster!.StandDown("it has crashed");
        await Leave();
    }
}
