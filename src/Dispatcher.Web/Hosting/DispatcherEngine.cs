using System.Diagnostics.Metrics;
using Dispatcher.Coordination;
using Dispatcher.Feed.Callbacks;
using Dispatcher.JobActors;
using Dispatcher.Kernel;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Handlers;
using Dispatcher.Store;
using Dispatcher.Store.Postgres;
using Dispatcher.Store.Sqlite;
using Dispatcher.Web.Embedding;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Dispatcher.Web.Hosting;

/// <summary>
/// The engine as a service of an application: opens the store and starts the node with the application, and stops it cleanly with it. The
/// recovery of what the last process left runs beside the first requests; <see cref="IsReady"/> tells when it is done.
/// </summary>
public sealed partial class DispatcherEngine(IOptions<DispatcherOptions> options, TimeProvider time, ILoggerFactory loggers, IMeterFactory meters, IServiceProvider services) : IHostedLifecycleService, IAsyncDisposable
{
    /// <summary>The meter of everything that Dispatcher measures.</summary>
    public const string MeterName = "Dispatcher";

    private INodeStore? _store;
    private HttpCallbackTransport? _callbacks;
    private DispatcherNode? _node;
    private Task<int>? _recovery;

    public DispatcherOptions Options { get; } = options.Value;

    public DispatcherNode Node => _node ?? throw new InvalidOperationException("Dispatcher has not started yet.");

    public JobGateway Gateway => Node.Gateway;

    public IJobStore Store => OpenStore;

    public IAccessStore Access => OpenStore;

    public IDeliveryStore Deliveries => OpenStore;

    public CallbackService Callbacks => Node.Callbacks!;

    public IRetentionStore Retention => OpenStore;

    /// <summary>All of the store, for a check of it.</summary>
    internal INodeStore Inspected => OpenStore;

    /// <summary>The cluster that this server's node is a member of; null on an embedded store, whose node is alone.</summary>
    public IClusterStore? Cluster => OpenStore as IClusterStore;

    /// <summary>The step handlers of this server.</summary>
    public HandlerRegistry Handlers { get; private set; } = null!;

    public IArtifactStore Artifacts { get; private set; } = null!;

    /// <summary>True when all that the last process left goes on.</summary>
    public bool IsReady => _recovery is { IsCompletedSuccessfully: true } && !IsStopping;

    /// <summary>True from the moment at which the application is asked to stop.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>Completes when all that the last process left goes on; with the cause if that fails.</summary>
    public Task Recovered => _recovery ?? throw new InvalidOperationException("Dispatcher has not started yet.");

    private INodeStore OpenStore => _store ?? throw new InvalidOperationException("Dispatcher has not started yet.");

    /// <exception cref="StoreException">The data directory or the database cannot be used; the message says why.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var meter = meters.Create(MeterName);
        _store = await OpenFor(Options, meter);
        var artifacts = Options.ArtifactsDirectory ?? Path.Combine(Options.Store.DataDirectory, "artifacts");
        Artifacts = new LocalArtifactStore(artifacts, Options.Node.Environment, new IdGenerator(time));
        _callbacks = new HttpCallbackTransport(Options.Node.Callbacks, time);
        var embedded = new EmbeddedWorkflows(Options, services);
        Handlers = embedded.Handlers;
        _node = new DispatcherNode(
            new NodeEdges
            {
                Store = _store,
                Cluster = Cluster,
                Handlers = Handlers,
                Artifacts = Artifacts,
                Logger = loggers.CreateLogger("Dispatcher"),
                Time = time,
                Meter = meter,
                Retention = _store,
                Callbacks = new CallbackEdges(_store, _store, _callbacks),
            },
            Options.Node);
        await embedded.Register(_node);
    }

    /// <summary>Jobs go on only when everything else has started, so that a start that fails, for its port is taken, leaves them alone.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _recovery = Node.Start();
        if (Node.Cluster is { } cluster) _ = StopWhenAskedTo(cluster);
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        IsStopping = true;
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_node is not null) await _node.Stop();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_node is not null) await _node.DisposeAsync();
        _callbacks?.Dispose();
        if (_store is not null) await _store.DisposeAsync();
    }

    /// <summary>A node that is to leave ends as it does on a signal: the application stops, and with it the node, which hands its shards over.</summary>
    private async Task StopWhenAskedTo(ClusterHost cluster)
    {
        await cluster.AskedToLeave;
        if (IsStopping) return;
        LogAskedToLeave(loggers.CreateLogger("Dispatcher"));
        services.GetService<IHostApplicationLifetime>()?.StopApplication();
    }

    [LoggerMessage(5104, LogLevel.Warning, "This node was asked to leave the cluster: it hands its shards over, and the application stops.")]
    private static partial void LogAskedToLeave(ILogger logger);

    private async ValueTask<INodeStore> OpenFor(DispatcherOptions options, Meter meter)
    {
        var logger = loggers.CreateLogger("Dispatcher.Store");
        return options.Postgres is { } postgres ? await PostgresJobStore.Open(postgres, time, logger, meter) : SqliteJobStore.Open(options.Store, time, logger, meter);
    }
}
