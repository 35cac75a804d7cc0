using System.Diagnostics.Metrics;
using Dispatcher.Coordination;
using Dispatcher.Coordination.Scheduling;
using Dispatcher.Feed.Callbacks;
using Dispatcher.JobActors;
using Dispatcher.Kernel;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Handlers;
using Dispatcher.Store;
using Dispatcher.Web.Embedding;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Dispatcher.Web.Hosting;

/// <summary>
/// The engine as a service of an application: opens the store and starts the node with the application, and stops it cleanly with it. The
/// recovery of what the last process left runs beside the first requests; <see cref="IsReady"/> tells when it is done. A node of a cluster that has stood down is
/// replaced by a new one, as soon as the database can be reached.
/// </summary>
public sealed partial class DispatcherEngine(IOptions<DispatcherOptions> options, TimeProvider time, ILoggerFactory loggers, IMeterFactory meters, IServiceProvider services)
    : IHostedLifecycleService, IAsyncDisposable
{
    /// <summary>The meter of everything that Dispatcher measures.</summary>
    public const string MeterName = "Dispatcher";

    private static readonly TimeSpan FirstJoinDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestJoinDelay = TimeSpan.FromSeconds(1);

    /// <summary>Requests that have begun with a life may take so long to end before its connections are gone.</summary>
    private static readonly TimeSpan Afterlife = TimeSpan.FromSeconds(2);

    private readonly EngineEdges _edges = new(time, loggers, meters);
    private readonly ILogger _logger = loggers.CreateLogger("Dispatcher");
    private readonly TaskCompletionSource _stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private EmbeddedWorkflows? _embedded;
    private EngineLife? _life;
    private Task _lives = Task.CompletedTask;
    private int _isDisposed;

    /// <summary>A new node has taken the place of one that stood down: what listened to the old one's store or feed listens anew.</summary>
    public event EventHandler? Reborn;

    /// <summary>Keys or workflows were changed, maybe on another node.</summary>
    public event EventHandler? RegistryChanged;

    public DispatcherOptions Options { get; } = options.Value;

    public DispatcherNode Node => Life.Node;

    public JobGateway Gateway => Node.Gateway;

    public IJobStore Store => Life.Store;

    public IAccessStore Access => Life.Store;

    public IDeliveryStore Deliveries => Life.Store;

    public CallbackService Callbacks => Node.Callbacks!;

    /// <summary>What tenants may use of meters, and what they use, for callers that are no jobs.</summary>
    public QuotaDesk Quota => Node.Quota!;

    public IRetentionStore Retention => Life.Store;

    /// <summary>What people do with schedules.</summary>
    public ScheduleBook Schedules => Node.Scheduler!.Book;

    /// <summary>All of the store, for a check of it.</summary>
    internal INodeStore Inspected => Life.Store;

    /// <summary>The cluster that this server's node is a member of; null on an embedded store, whose node is alone.</summary>
    public IClusterStore? Cluster => Life.Store as IClusterStore;

    internal TimeProvider Time => time;

    /// <summary>The step handlers of this server.</summary>
    public HandlerRegistry Handlers { get; private set; } = null!;

    public IArtifactStore Artifacts { get; private set; } = null!;

    /// <summary>True when all that the last process left goes on.</summary>
    public bool IsReady => _life is { IsReady: true } && !IsStopping;

    /// <summary>True from the moment at which the application is asked to stop.</summary>
    public bool IsStopping => _stopping.Task.IsCompleted;

    /// <summary>Completes when all that the last process left goes on; with the cause if that fails.</summary>
    public Task Recovered => _life?.Recovery ?? throw new InvalidOperationException("Dispatcher has not started yet.");

    private EngineLife Life => Volatile.Read(ref _life) ?? throw new InvalidOperationException("Dispatcher has not started yet.");

    /// <exception cref="StoreException">The data directory or the database cannot be used; the message says why.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _embedded = new EmbeddedWorkflows(Options, services);
        Handlers = _embedded.Handlers;
        Artifacts = new LocalArtifactStore(Options.ArtifactsDirectory ?? Path.Combine(Options.Store.DataDirectory, "artifacts"), Options.Node.Environment, new IdGenerator(time));
        _life = await BeginLife();
        await _embedded.Register(Node);
    }

    /// <summary>Jobs go on only when everything else has started, so that a start that fails, for its port is taken, leaves them alone.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        Life.Start();
        if (Node.Cluster is not null) _lives = LiveAgain();
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _stopping.TrySetResult();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _lives;
        if (_life is not null) await _life.Node.Stop();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _stopping.TrySetResult();
        await _lives;
        // The container knows the engine twice, as itself and as a service of the host.
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0 && _life is not null) await _life.DisposeAsync();
    }

    private async Task<EngineLife> BeginLife()
    {
        var life = await EngineLife.Begin(Options, Handlers, Artifacts, _edges);
        life.Node.RegistryChanged = () => RegistryChanged?.Invoke(this, EventArgs.Empty);
        return life;
    }

    /// <summary>Whenever the node has stood down, a new one takes its place.</summary>
    private async Task LiveAgain()
    {
        while (true)
        {
            var old = Life;
            var cluster = old.Node.Cluster!;
            var failure = old.StartFailure();
            await Task.WhenAny(cluster.StoodDown, cluster.AskedToLeave, failure, _stopping.Task);
            if (failure.IsCompleted) LogNotStarted(_logger, await failure);
            if (cluster.AskedToLeave.IsCompleted && !IsStopping) StopApplication();
            if (await JoinAgain() is not { } next) return;
            Volatile.Write(ref _life, next);
            next.Start();
            LogReborn(_logger, next.Store.Incarnation);
            _ = End(old);
            TellReborn();
        }
    }

    /// <summary>Whoever listens may fail; the node goes on.</summary>
    private void TellReborn()
    {
        try
        {
            Reborn?.Invoke(this, EventArgs.Empty);
        }
        catch (Exception failure)
        {
            LogNotTold(_logger, failure);
        }
    }

    /// <summary>A node that is to leave ends as it does on a signal: the application stops, and with it the node, which hands its shards over.</summary>
    private void StopApplication()
    {
        LogAskedToLeave(_logger);
        _stopping.TrySetResult();
        services.GetService<IHostApplicationLifetime>()?.StopApplication();
    }

    /// <returns>Null when the application stops.</returns>
    private async Task<EngineLife?> JoinAgain()
    {
        for (var delay = FirstJoinDelay; ; delay = delay * 2 < LongestJoinDelay ? delay * 2 : LongestJoinDelay)
        {
            if (IsStopping) return null;
            try
            {
                return await BeginLife();
            }
            catch (StoreException failure)
            {
                LogNotReborn(_logger, failure.Message, delay.TotalSeconds);
            }
            catch (Exception failure)
            {
                // A server that gave up would look alive and do nothing for ever.
                LogNotRebornForABug(_logger, failure, delay.TotalSeconds);
            }

            await Task.WhenAny(Task.Delay(delay, time), _stopping.Task);
        }
    }

    private async Task End(EngineLife old)
    {
        try
        {
            await old.Node.Stop();
            await Task.Delay(Afterlife, time, CancellationToken.None);
            await old.DisposeAsync();
        }
        catch (Exception failure)
        {
            // It holds nothing that the new node needs.
            LogNotEnded(_logger, failure);
        }
    }

    [LoggerMessage(5104, LogLevel.Warning, "This node was asked to leave the cluster: it hands its shards over, and the application stops.")]
    private static partial void LogAskedToLeave(ILogger logger);

    [LoggerMessage(620, LogLevel.Information, "This server is a node of the cluster again, as incarnation {Incarnation}.")]
    private static partial void LogReborn(ILogger logger, long incarnation);

    [LoggerMessage(621, LogLevel.Warning, "This server cannot join the cluster again yet: {Cause} It is tried again in {DelaySeconds} s.")]
    private static partial void LogNotReborn(ILogger logger, string cause, double delaySeconds);

    [LoggerMessage(623, LogLevel.Error, "This server could not join the cluster again. It is tried again in {DelaySeconds} s.")]
    private static partial void LogNotRebornForABug(ILogger logger, Exception failure, double delaySeconds);

    [LoggerMessage(624, LogLevel.Error, "This server's node could not start. Another one begins in its place.")]
    private static partial void LogNotStarted(ILogger logger, Exception failure);

    [LoggerMessage(625, LogLevel.Error, "Not everybody could be told that this server is a node of the cluster again.")]
    private static partial void LogNotTold(ILogger logger, Exception failure);

    [LoggerMessage(622, LogLevel.Warning, "A node that had stood down did not end cleanly.")]
    private static partial void LogNotEnded(ILogger logger, Exception failure);
}
