using Dispatcher.Coordination;
using Dispatcher.Feed.Callbacks;
using Dispatcher.Host.Configuration;
using Dispatcher.Kernel;
using Dispatcher.Steps.Admission;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Host.Composition;

/// <summary>One node on the store that the settings name, made from the settings.</summary>
internal sealed class EmbeddedEngine : IAsyncDisposable
{
    private EmbeddedEngine(INodeStore store, DispatcherNode node) => (Store, Node) = (store, node);

    public INodeStore Store { get; }

    public DispatcherNode Node { get; }

    /// <summary>Takes the data directory, or begins a life in the database. Nothing runs before <see cref="DispatcherNode.Start"/>.</summary>
    /// <exception cref="StoreException">The store cannot be used; the message says why.</exception>
    public static async Task<EmbeddedEngine> Open(DispatcherSettings settings, HandlerSet handlers, ILoggerFactory loggers, TimeProvider time)
    {
        var store = await new StorePlace(settings).Open(time, loggers.CreateLogger("Dispatcher.Store"));
        var edges = new NodeEdges
        {
            Store = store,
            Cluster = store as IClusterStore,
            Handlers = handlers.Registry,
            Quota = store,
            Artifacts = Artifacts(settings, time),
            Logger = loggers.CreateLogger("Dispatcher"),
            Time = time,
        };
        return new EmbeddedEngine(store, new DispatcherNode(edges, Options(settings)));
    }

    /// <summary>The directory of a job's files.</summary>
    public static string ArtifactDirectoryOf(DispatcherSettings settings, string tenant, Jobs.JobId id) =>
        Path.Combine(settings.ArtifactsDirectory, Artifacts(settings, TimeProvider.System).FolderOf(tenant, id).Key);

    public async ValueTask DisposeAsync()
    {
        await Node.Stop();
        await Store.DisposeAsync();
    }

    public static LocalArtifactStore Artifacts(DispatcherSettings settings, TimeProvider time) =>
        new(settings.ArtifactsDirectory, EnvironmentName(settings), new IdGenerator(time));

    private static string EnvironmentName(DispatcherSettings settings) => settings.Environment.ToString().ToLowerInvariant();

    public static NodeOptions Options(DispatcherSettings settings) => new()
    {
        Environment = EnvironmentName(settings),
        StageLimits = name => Limits(settings.Stages.GetValueOrDefault(name) ?? settings.Stages[StageSettings.DefaultName]),
        SnapshotAfterEvents = settings.Journal.SnapshotAfterEvents,
        PassivateIfIdleFor = settings.Actors.PassivateIdleAfter,
        RecoveryLimitJobs = settings.Actors.RecoveryLimit,
        CommandLimit = settings.Actors.CommandLimit,
        CommandLimitBytes = settings.Actors.CommandLimitBytes,
        Supervision = Supervision.Default with { MaxRestarts = settings.Actors.RestartBudget, Window = settings.Actors.RestartWindow },
        AbandonAfter = settings.Steps.AbandonAfter,
        DrainTimeout = settings.Steps.DrainTimeout,
        DefaultStepTimeout = settings.Steps.DefaultTimeout,
        ProgressInterval = settings.Steps.ProgressInterval,
        Callbacks = Options(settings.Callbacks),
        WorkerPollLimit = settings.Workers.MaxWaitingPolls,
        Cluster = settings.Cluster,
        Retention = Options(settings.Retention),
        Quota = settings.Quota,
    };

    private static CallbackOptions Options(CallbackSettings settings) => new()
    {
        MaxConcurrency = settings.MaxConcurrency,
        ReceiverMaxConcurrency = settings.ReceiverMaxConcurrency,
        ConnectTimeout = settings.ConnectTimeout,
        Timeout = settings.Timeout,
        AllowPrivateAddresses = settings.AllowPrivateAddresses,
    };

    private static RetentionOptions Options(RetentionSettings retention) => new()
    {
        CompletedAfter = retention.CompletedAfter,
        FailedAfter = retention.FailedAfter,
        CancelledAfter = retention.CancelledAfter,
        SweepInterval = retention.SweepInterval,
        BatchLimitJobs = retention.BatchLimitJobs,
    };

    private static StageLimits Limits(StageSettings stage) => new()
    {
        MaxConcurrency = stage.MaxConcurrency,
        StartDelay = stage.StartDelay,
        RatePerSecond = stage.RatePerSecond is { } rate ? Math.Max(rate, Steps.Admission.StageLimits.SlowestRatePerSecond) : 0,
        RateBurst = stage.RateBurst,
        PerTenantMaxConcurrency = stage.PerTenantMaxConcurrency ?? 0,
    };
}
