using System.Text.Json;
using Dispatcher.Coordination;
using Dispatcher.Coordination.Scheduling;
using Dispatcher.Feed;
using Dispatcher.Feed.Callbacks;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Sharding;
using Dispatcher.Steps;
using Dispatcher.Steps.Admission;
using Dispatcher.Steps.Workers;
using Dispatcher.Store;

namespace Dispatcher;

/// <summary>One node: an object graph built from its edges and options, without statics. The store belongs to whoever made it.</summary>
public sealed class DispatcherNode : IJobObserver, IAsyncDisposable
{
    /// <summary>Events at the journal's end of which the newest is looked for: they are written a little out of the order of their times.</summary>
    private const int NewestEvents = 1000;

    private readonly NodeEdges _edges;
    private readonly NodeOptions _options;
    private readonly SharedClock? _sharedClock;
    private readonly SteadyClock _clock;
    private readonly ActorSystem _system;
    private readonly JobServices _services;
    private readonly NodeMetrics? _metrics;
    private RecoveryProgress? _recovery;
    private readonly ActorCell? _exchange;
    private ActorCell? _recovering;
    private ActorCell? _wakeUps;
    private ActorCell? _retention;
    private ActorCell? _quota;
    private Task? _stopping;
    private bool _isPrepared;

    public DispatcherNode(NodeEdges edges, NodeOptions options)
    {
        (_edges, _options) = (edges, options);
        if (edges.Cluster is { } timekeeper) _sharedClock = new SharedClock(edges.Time, timekeeper.Clock);
        var time = _clock = new SteadyClock(_sharedClock ?? edges.Time);
        _system = new ActorSystem(edges.Scheduler, time, edges.Logger);
        if (edges.Cluster is { } shared) _exchange = _system.Spawn(() => new ClusterExchange(shared, options.Cluster.Ttl, edges.Logger));
        Admission = new AdmissionPoint(options.StageLimits, time, onListenerError: null, _exchange is { } exchange ? stage => exchange.Tell(stage) : null);
        Workflows = new WorkflowCatalog(edges.Store, time);
        Patterns = new PatternCatalog(edges.Schedules, Workflows);
        _services = new JobServices
        {
            System = _system,
            Clock = time,
            Store = edges.Store,
            Workflows = Workflows,
            Patterns = Patterns,
            Handlers = edges.Handlers,
            Admission = Admission,
            Ids = edges.Ids ?? new IdGenerator(time),
            Shards = edges.Cluster is { } cluster ? new ShardTable(cluster.ShardCount) : ShardTable.OfOneNode(edges.Store.Incarnation),
            Trust = edges.Cluster is null ? null : new NodeTrust(time, options.Cluster.TrustFor),
            Steps = new StepServices(edges.Artifacts, edges.Logger)
            {
                AbandonAfter = options.AbandonAfter,
                DefaultTimeout = options.DefaultStepTimeout,
                ProgressInterval = options.ProgressInterval,
                Metrics = edges.Meter is null ? null : new StepMetrics(edges.Meter, time),
            },
            Observer = this,
            Logger = edges.Logger,
            EnvironmentValue = JsonSerializer.SerializeToElement(options.Environment),
            SnapshotAfterEvents = options.SnapshotAfterEvents,
            PassivateIfIdleFor = options.PassivateIfIdleFor,
            Supervision = options.Supervision,
            CommandLimit = options.CommandLimit,
            CommandLimitBytes = options.CommandLimitBytes,
            Quota = edges.Quota,
            DefaultQuotaPlan = options.Quota.DefaultPlan,
        };
        _metrics = edges.Meter is null ? null : new NodeMetrics(edges.Meter, _system, _services, Feed);
        Events = new EventFeed(edges.Store, _system, options.Feed);
        Gateway = new JobGateway(_services);
        if (edges.Quota is { } accounts) Quota = new QuotaDesk(accounts, _services.Now, options.Quota.DefaultPlan);
        if (edges.Schedules is { } schedules) Scheduler = new Scheduler(schedules, edges.Store, Gateway, Workflows, Patterns, edges.Cluster, edges.Logger) { Told = ScheduleFeed.Tell };
        if (edges.Cluster is not null) Cluster = Join(edges.Cluster);
        if (Cluster is not null) Events.Begins = Cluster.FollowsNow;
        Actors = new ActorHierarchy(_services, OwnActors);
        if (edges.Callbacks is { } callbacks) Callbacks = MakeCallbacks(callbacks);
        if (edges.Meter is not null && Callbacks is not null) CallbackMetrics.Observe(edges.Meter, Callbacks.Counters);
        if (edges.Handlers.Find(WorkerHandler.HandlerName) is WorkerHandler workers)
            Workers = new WorkerDesk(workers.Begin(_system, options.WorkerPollLimit), edges.Store);
    }

    public JobGateway Gateway { get; }

    public WorkflowCatalog Workflows { get; }

    /// <summary>Quota for callers that are no jobs; null if the node has no accounts.</summary>
    public QuotaDesk? Quota { get; }

    public PatternCatalog Patterns { get; }

    /// <summary>Null on a node without schedules.</summary>
    public Scheduler? Scheduler { get; }

    /// <summary>What happens to schedules and their runs: for server-sent events and the hub.</summary>
    public ScheduleFeed ScheduleFeed { get; } = new();

    /// <summary>States to code in this process, from now on: for the command line and tests.</summary>
    public JobFeed Feed { get; } = new();

    /// <summary>The node's part in its cluster; null if it is alone.</summary>
    public ClusterHost? Cluster { get; }

    /// <summary>The actors that live here, for people.</summary>
    public ActorHierarchy Actors { get; }

    /// <summary>Committed events as the journal has them, from any place on: for server-sent events and the hub.</summary>
    public EventFeed Events { get; }

    public AdmissionPoint Admission { get; }

    /// <summary>Null when the node sends no callbacks.</summary>
    public CallbackService? Callbacks { get; }

    /// <summary>Where external workers come; null if the node does not have their handler.</summary>
    public WorkerDesk? Workers { get; }

    /// <summary>Called when keys or workflows were changed, maybe on another node; on the thread of the cluster's session.</summary>
    public Action RegistryChanged { get; set; } = static () => { };

    /// <summary>Jobs in memory now.</summary>
    public int ResidentJobs => _services.Registry.Count;

    /// <summary>Jobs in memory that could go on and of which nobody takes care: 0, or there is a bug.</summary>
    public int StuckJobs => _services.Stuck;

    /// <summary>Steps that run now.</summary>
    public int RunningSteps => _services.Steps.Running;

    /// <summary>Steps that are worked on outside now, or wait for a worker.</summary>
    public int ExternalSteps => _services.Steps.External;

    /// <summary>Step bodies that ran to their end since the start.</summary>
    public long BodiesEnded => _services.Steps.BodiesEnded;

    /// <summary>Jobs of the last process that were taken up so far.</summary>
    public int Recovered => Cluster?.Recovered ?? _recovery?.Recovered ?? 0;

    /// <summary>True when all that the last process left has been taken up: the node is ready.</summary>
    public bool IsRecovered => _recovery?.IsDone == true;

    /// <summary>
    /// Reads what the node must know before it starts: the time of the newest event, from which its clock goes on. <see cref="Start"/> does it if nobody has; whoever must
    /// not start a node on a store that cannot be read does it before.
    /// </summary>
    /// <exception cref="StoreException">The store cannot be read.</exception>
    public async Task Prepare()
    {
        if (_isPrepared) return;
        var newest = await _edges.Store.LastOrdering();
        var page = await _edges.Store.ReadJournal(Math.Max(0, newest - NewestEvents), tenant: null, NewestEvents);
        foreach (var entry in page.Entries) _clock.GoOnFrom(entry.At);
        _isPrepared = true;
    }

    /// <summary>
    /// Recovers what the last process left, and wakes jobs as they become due. Commands and new jobs are taken meanwhile. Completes with the number of
    /// recovered jobs when that is done (<see cref="IsRecovered"/>), or the node stops.
    /// </summary>
    public async Task<int> Start()
    {
        await Prepare();
        Callbacks?.Start();
        var progress = _recovery = new RecoveryProgress(_services.Now());
        _wakeUps = _system.Spawn(() => new WakeUpClock(_edges.Store, Gateway, _options.RecoveryLimitJobs, progress, _services.Shards, _edges.Logger));
        if (Cluster is not null)
        {
            var recovered = await Cluster.Join(_wakeUps);
            progress.End();
            return recovered;
        }

        _recovering = _system.Spawn(() => new Recovery(_edges.Store, Gateway, _options.RecoveryLimitJobs, progress, _edges.Logger));
        await progress.Done;
        if (_stopping is not null) return progress.Recovered;
        StartUpkeep();
        Scheduler?.Begin(_system, term: null);
        return progress.Recovered;
    }

    /// <summary>Completes when every job that is in memory now has been loaded and has had its first turn.</summary>
    public Task WhenLoaded() => _services.Registry.WhenSettled();

    /// <summary>
    /// Stops cleanly: starts nothing more, waits for running steps up to <see cref="NodeOptions.DrainTimeout"/>, then asks them to end (such an
    /// attempt does not count), and lets every write finish. What is open goes on at the next start.
    /// </summary>
    public Task Stop() => _stopping ??= StopOnce();

    public async ValueTask DisposeAsync() => await Stop();

    private async Task StopOnce()
    {
        Workers?.StopLeasing();
        if (Cluster is not null) await Cluster.Leave(_options.DrainTimeout);
        Gateway.Close();
        _recovering?.Stop();
        _recovery?.End();
        _wakeUps?.Stop();
        _retention?.Stop();
        _quota?.Stop();
        Scheduler?.End();
        _services.IsDraining = true;
        _services.Registry.Broadcast(DrainMessage.Instance);
        // Steps whose start was just being written run after this, and count.
        var grace = _options.AbandonAfter + TimeSpan.FromSeconds(1);
        await IsDoneWithin(grace, _services.Registry.WhenSettled());
        if (!await IsDoneWithin(_options.DrainTimeout, _services.Steps.WhenIdle()))
        {
            _services.Registry.Broadcast(StopStepsMessage.Instance);
            await IsDoneWithin(grace, _services.Steps.WhenIdle());
        }

        if (Callbacks is { } callbacks)
        {
            await IsDoneWithin(_options.DrainTimeout, callbacks.Drain());
            await IsDoneWithin(grace, callbacks.Stop());
        }

        // A store that does not answer must not hold the process: what is not written is done again after the next start.
        await IsDoneWithin(grace, _services.Registry.WhenSettled());
        Cluster?.Close();
        Events.Dispose();
        Workers?.Queues.Close();
        Admission.Dispose();
        _exchange?.Stop();
        _system.Dispose();
    }

    private IEnumerable<(string Path, ActorCell? Cell)> OwnActors() =>
        [
            ("/system/wake-ups", _wakeUps), ("/system/recovery", _recovering), ("/system/retention", _retention), ("/system/quota", _quota),
            ("/system/schedules", Scheduler?.Clock), .. Cluster?.Actors ?? [],
        ];

    private void StartUpkeep()
    {
        if (RetentionSweep() is { } sweep) _retention = _system.Spawn(sweep);
        if (QuotaUpkeep() is { } upkeep) _quota = _system.Spawn(upkeep);
    }

    private Func<Actor>? QuotaUpkeep() => _edges.Quota is { } quota ? () => new QuotaUpkeep(quota, _services.Now, _options.Quota, _edges.Logger) : null;

    private Func<Actor>? RetentionSweep()
    {
        if (_edges.Retention is not { } retention || !_options.Retention.DeletesAnything) return null;
        var edges = new RetentionEdges(retention, _edges.Store, _edges.Artifacts, id => _services.Registry.Find(id) is not null, Deleted, _edges.Time);
        return () => new RetentionSweeper(edges, _options.Retention, _edges.Logger);
    }

    private void ForgetRegistry()
    {
        Workflows.ForgetNames();
        RegistryChanged();
    }

    private ClusterHost Join(IClusterStore cluster) => new(cluster, _options.Cluster, _system, _services, Gateway, _sharedClock!, _options.RecoveryLimitJobs, _edges.Logger)
    {
        Duties = [.. new[] { ("retention", RetentionSweep()), ("quota", QuotaUpkeep()) }.Where(duty => duty.Item2 is not null).Select(duty => (duty.Item1, duty.Item2!))],
        Follows = () => Events.Subscriptions > 0,
        RegistryMoved = ForgetRegistry,
        CallbacksMoved = () => Callbacks?.LookSoon(),
        Leads = term =>
        {
            if (term is null || _stopping is not null) Scheduler?.End();
            else Scheduler?.Begin(_system, term);
        },
        SchedulesMoved = change => Scheduler?.Hinted(change),
    };

    private CallbackService MakeCallbacks(CallbackEdges callbacks) => new(_system, _edges.Time, _edges.Store, callbacks, _options.Callbacks, _services.Ids, _edges.Logger)
    {
        Shards = () => _services.Shards.Owned,
        Replayed = () => _edges.Cluster?.Hint(new ClusterHint(ClusterHintKind.Callbacks)),
    };

    private void Deleted(JobRow row, DateTimeOffset at)
    {
        _metrics?.Deleted(row);
        Events.Deleted(row.Id, JobAddress.Of(row), at);
    }

    void IJobObserver.Committed(JobState state, IReadOnlyList<JobEvent> events)
    {
        _metrics?.Committed(state, events);
        Feed.Publish(state, events);
        Callbacks?.Committed(state, events);
        Workers?.Queues.Committed(state, events);
        Scheduler?.Committed(state, events);
    }

    void IJobObserver.Progressed(JobState state, StepKey step, double percent, string? message)
    {
        Feed.Publish(state.Id, new FeedMessage.Progressed(state.Id, step, percent, message));
        if (Events.Subscriptions == 0) return;
        Events.Progressed(new FeedProgress
        {
            JobId = state.Id,
            Address = JobAddress.Of(state.Spec),
            SequenceNr = state.SequenceNr,
            At = _services.Now(),
            Step = step,
            Percent = percent,
            Message = message,
        });
    }

    void IJobObserver.SleepsUntil(JobId id, DateTimeOffset wakeAt) => _wakeUps?.Tell(new WakeUpClock.SleepNotice(wakeAt));

    private async Task<bool> IsDoneWithin(TimeSpan limit, Task done)
    {
        using var timer = new CancellationTokenSource();
        var first = await Task.WhenAny(done, Task.Delay(limit, _system.Time, timer.Token));
        // Not CancelAsync: that would leave the kernel's scheduler.
        timer.Cancel();
        return first == done;
    }
}
