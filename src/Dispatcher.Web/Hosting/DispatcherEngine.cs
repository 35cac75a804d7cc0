using System.Diagnostics.Metrics;
using Dispatcher.JobActors;
using Dispatcher.Kernel;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Handlers;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Dispatcher.Web.Hosting;

/// <summary>
/// The engine as a service of an application: opens the store and starts the node with the application, and stops it cleanly with it. The
/// recovery of what the last process left runs beside the first requests; <see cref="IsReady"/> tells when it is done.
/// </summary>
public sealed class DispatcherEngine(IOptions<DispatcherOptions> options, TimeProvider time, ILoggerFactory loggers, IMeterFactory meters) : IHostedService, IAsyncDisposable
{
    /// <summary>The meter of everything that Dispatcher measures.</summary>
    public const string MeterName = "Dispatcher";

    private SqliteJobStore? _store;
    private DispatcherNode? _node;
    private Task<int> _recovery = Task.FromResult(0);

    public DispatcherOptions Options { get; } = options.Value;

    public DispatcherNode Node => _node ?? throw new InvalidOperationException("Dispatcher has not started yet.");

    public JobGateway Gateway => Node.Gateway;

    public IJobStore Store => OpenStore;

    public IAccessStore Access => OpenStore;

    public IDeliveryStore Deliveries => OpenStore;

    public IRetentionStore Retention => OpenStore;

    /// <summary>The step handlers of this server.</summary>
    public HandlerRegistry Handlers { get; private set; } = null!;

    public IArtifactStore Artifacts { get; private set; } = null!;

    /// <summary>True when all that the last process left goes on.</summary>
    public bool IsReady => _node is not null && _recovery.IsCompletedSuccessfully;

    private SqliteJobStore OpenStore => _store ?? throw new InvalidOperationException("Dispatcher has not started yet.");

    /// <exception cref="StoreException">The data directory cannot be used; the message says why.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var meter = meters.Create(MeterName);
        _store = SqliteJobStore.Open(Options.Store, time, loggers.CreateLogger("Dispatcher.Store"), meter);
        var artifacts = Options.ArtifactsDirectory ?? Path.Combine(Options.Store.DataDirectory, "artifacts");
        Artifacts = new LocalArtifactStore(artifacts, Options.Node.Environment, new IdGenerator(time));
        Handlers = new HandlerRegistry([.. Options.Handlers]);
        _node = new DispatcherNode(
            new NodeEdges
            {
                Store = _store,
                Handlers = Handlers,
                Artifacts = Artifacts,
                Logger = loggers.CreateLogger("Dispatcher"),
                Time = time,
                Meter = meter,
            },
            Options.Node);
        foreach (var workflow in Options.Workflows) await _node.Workflows.Register(workflow);
        _recovery = _node.Start();
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_node is not null) await _node.Stop();
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is not null) await _node.DisposeAsync();
        if (_store is not null) await _store.DisposeAsync();
    }
}
