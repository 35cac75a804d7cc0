using System.Diagnostics.Metrics;
using Dispatcher.Feed.Callbacks;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Handlers;
using Dispatcher.Store;
using Dispatcher.Store.Postgres;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Hosting;

/// <summary>
/// One life of the node: an incarnation in the store and all that works under it. A server has one, or several after each other: a node of a cluster that may not act
/// any more is replaced by a new one in the same process.
/// </summary>
internal sealed class EngineLife : IAsyncDisposable
{
    private readonly HttpCallbackTransport _callbacks;
    private readonly Meter _meter;

    private EngineLife(INodeStore store, DispatcherNode node, HttpCallbackTransport callbacks, Meter meter) => (Store, Node, _callbacks, _meter) = (store, node, callbacks, meter);

    public INodeStore Store { get; }

    public DispatcherNode Node { get; }

    /// <summary>Completes when all that the last process left goes on, with the number of jobs; null before the start.</summary>
    public Task<int>? Recovery { get; private set; }

    /// <summary>True when all that the last process left goes on, and the node may act.</summary>
    public bool IsReady => Recovery is { IsCompletedSuccessfully: true } && Node.Cluster?.StoodDown.IsCompleted != true;

    /// <summary>Opens the store, and reads what must be known of it. Nothing runs before <see cref="Start"/>.</summary>
    /// <exception cref="StoreException">The data directory or the database cannot be used; the message says why.</exception>
    public static async Task<EngineLife> Begin(DispatcherOptions options, HandlerRegistry handlers, IArtifactStore artifacts, EngineEdges edges)
    {
        // Not the factory's: it makes one meter of a name for all time, and the instruments of a life end with it.
        var meter = new Meter(new MeterOptions(DispatcherEngine.MeterName) { Scope = edges.Meters });
        INodeStore? store = null;
        EngineLife? life = null;
        try
        {
            store = await Open(options, edges, meter);
            life = Make(store, options, handlers, artifacts, edges, meter);
            await life.Node.Prepare();
            return life;
        }
        catch
        {
            if (life is not null) await life.DisposeAsync();
            else if (store is not null) await store.DisposeAsync();
            meter.Dispose();
            throw;
        }
    }

    public void Start() => Recovery = Node.Start();

    /// <summary>Completes if the start fails. Nothing foreseen does that, and a node that has not started would never stand down.</summary>
    public async Task<Exception> StartFailure()
    {
        try
        {
            await Recovery!;
        }
        catch (Exception failure)
        {
            return failure;
        }

        return await new TaskCompletionSource<Exception>().Task;
    }

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        _callbacks.Dispose();
        await Store.DisposeAsync();
        _meter.Dispose();
    }

    private static EngineLife Make(INodeStore store, DispatcherOptions options, HandlerRegistry handlers, IArtifactStore artifacts, EngineEdges edges, Meter meter)
    {
        var callbacks = new HttpCallbackTransport(options.Node.Callbacks, edges.Time);
        var node = new DispatcherNode(
            new NodeEdges
            {
                Store = store,
                Cluster = store as IClusterStore,
                Handlers = handlers,
                Artifacts = artifacts,
                Logger = edges.Loggers.CreateLogger("Dispatcher"),
                Time = edges.Time,
                Meter = meter,
                Retention = store,
                Quota = store,
                Schedules = store,
                Callbacks = new CallbackEdges(store, store, callbacks),
            },
            options.Node);
        return new EngineLife(store, node, callbacks, meter);
    }

    private static async ValueTask<INodeStore> Open(DispatcherOptions options, EngineEdges edges, Meter meter)
    {
        var logger = edges.Loggers.CreateLogger("Dispatcher.Store");
        return options.Postgres is { } postgres
            ? await PostgresJobStore.Open(postgres, edges.Time, logger, meter)
            : SqliteJobStore.Open(options.Store, edges.Time, logger, meter);
    }
}

/// <summary>What the lives of an engine have in common.</summary>
internal sealed record EngineEdges(TimeProvider Time, ILoggerFactory Loggers, IMeterFactory Meters);
