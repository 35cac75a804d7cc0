using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Handlers;
using Dispatcher.Store;
using Dispatcher.Store.Postgres;
using Dispatcher.Store.Sqlite;
using Dispatcher.Workflows;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Bench;

/// <summary>A node as production builds it: on a fresh or given data directory with SQLite, synchronous=FULL, or as a member of a cluster on PostgreSQL.</summary>
internal sealed class BenchNode : IAsyncDisposable
{
    private BenchNode(INodeStore store, DispatcherNode node) => (Store, Node) = (store, node);

    public static readonly Principal Bench = new("bench");

    public INodeStore Store { get; }

    public DispatcherNode Node { get; }

    public static BenchNode Open(string directory, params IStepHandler[] more) =>
        Make(SqliteJobStore.Open(new SqliteStoreOptions { DataDirectory = directory }, TimeProvider.System, NullLogger.Instance), directory, more);

    /// <summary>A member of a cluster; it has joined when its <see cref="DispatcherNode.Start"/> has completed.</summary>
    public static async Task<BenchNode> OpenMember(PostgresStoreOptions options, string directory, params IStepHandler[] more) =>
        Make(await PostgresJobStore.Open(options, TimeProvider.System, NullLogger.Instance), directory, more);

    private static BenchNode Make(INodeStore store, string directory, IStepHandler[] more)
    {
        var node = new DispatcherNode(
            new NodeEdges
            {
                Store = store,
                Cluster = store as IClusterStore,
                Schedules = store,
                Handlers = new HandlerRegistry([new NoopHandler(), new DelayHandler(), .. more]),
                Artifacts = new LocalArtifactStore(Path.Combine(directory, "artifacts"), "dev", new IdGenerator(TimeProvider.System)),
                Logger = NullLogger.Instance,
            },
            new NodeOptions { StageLimits = stage => new Steps.Admission.StageLimits { MaxConcurrency = stage == "narrow" ? 1 : 50_000 } });
        return new BenchNode(store, node);
    }

    /// <param name="waits">True for jobs that wait for somebody's approval before their first step.</param>
    public static WorkflowDefinition NoopSteps(string name, int steps, bool waits = false)
    {
        var builder = WorkflowDefinition.Create(name, 1);
        if (waits) builder.Approval();
        for (var i = 1; i <= steps; i++) builder.Step($"step{i}", "noop", needs: i == 1 ? null : [$"step{i - 1}"]);
        return builder.Build();
    }

    /// <summary>Submits one job and waits for its end.</summary>
    public async Task<JobState> Run(JobSpec spec)
    {
        var id = Node.Gateway.NextJobId();
        var ended = Node.Feed.WhenEnded(id);
        var reply = await Node.Gateway.Submit(spec, Bench, id);
        if (reply is not JobActors.CommandReply.Done) throw new InvalidOperationException($"The job was not accepted: {reply}");
        return await ended;
    }

    public async ValueTask DisposeAsync()
    {
        await Node.Stop();
        await Store.DisposeAsync();
    }
}
