using System.Text.Json;
using Dispatcher.JobActors;
using Dispatcher.JobActors.Remote;
using Dispatcher.Kernel;
using Dispatcher.Sharding;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Coordination;

/// <summary>
/// A node's life in a cluster: joins, runs the shards that it gets, hands over those that it loses, coordinates if it is its turn, leaves, or stands down.
/// </summary>
public sealed partial class ClusterHost : IShardHost
{
    private readonly IClusterStore _cluster;
    private readonly ClusterOptions _options;
    private readonly ActorSystem _system;
    private readonly JobServices _services;
    private readonly JobGateway _gateway;
    private readonly IJobStore _store;
    private readonly int _recoveryLimitJobs;
    private readonly ILogger _logger;
    private readonly CommandIntake.Look _look = new();
    private readonly JournalHints _journalHints;
    private readonly FollowerNotice _followers;
    private readonly TaskCompletionSource<string> _stoodDown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _askedToLeave = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _emptied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ActorCell? _member;
    private ActorCell? _intake;
    private ActorCell? _watch;
    private IReadOnlyList<(string Name, ActorCell Cell)> _duties = [];
    private ActorCell? _wakeUps;
    private int _recoveries;
    private int _recovered;
    private int _isLookingForMail;
    private bool _isLeaving;
    private long _registry = -1;

    internal ClusterHost(IClusterStore cluster, ClusterOptions options, ActorSystem system, JobServices services, JobGateway gateway, SharedClock clock, int recoveryLimitJobs, ILogger logger)
    {
        (_cluster, _options, _system, _services, _gateway, _recoveryLimitJobs, _logger) = (cluster, options, system, services, gateway, recoveryLimitJobs, logger);
        _store = services.Store;
        _journalHints = new JournalHints(_store, cluster, system.Time);
        Line = new ClusterLine(this, services.Trust!, clock, system.Time);
        _followers = new FollowerNotice(() => Follows(), cluster, Line, system.Time);
        services.Remote = new RemoteJobs(cluster, services, Line, options.CommandWait);
        services.Fenced = () => StandDown("the store refuses its writes");
    }

    /// <summary>What this node knows of the cluster.</summary>
    public ClusterLine Line { get; }

    /// <summary>Completes with the cause when this node may not act any more. It is of no use then; another one begins in its place.</summary>
    public Task<string> StoodDown => _stoodDown.Task;

    /// <summary>Completes when an operator wants this node to leave: whoever runs it ends it, which hands its shards over.</summary>
    public Task AskedToLeave => _askedToLeave.Task;

    /// <summary>Makes what the coordinator does beside the cluster itself, each by its name.</summary>
    internal IReadOnlyList<(string Name, Func<Actor> Make)> Duties { get; set; } = [];

    /// <summary>A term of this node as the coordinator begins; null: it ends.</summary>
    internal Action<long?> Leads { get; set; } = static _ => { };

    /// <summary>A schedule was changed at another node, or a run has ended there; with the change, if it is told.</summary>
    internal Action<string?> SchedulesMoved { get; set; } = static _ => { };

    /// <summary>Whether anybody follows events on this node.</summary>
    internal Func<bool> Follows { get; set; } = static () => false;

    /// <summary>Keys or workflows were changed, maybe on another node.</summary>
    internal Action RegistryMoved { get; set; } = static () => { };

    /// <summary>There may be callbacks to send: shards have come, or a delivery is due again.</summary>
    internal Action CallbacksMoved { get; set; } = static () => { };

    /// <summary>Jobs that were taken up here so far.</summary>
    public int Recovered => Volatile.Read(ref _recovered);

    /// <summary>The actors of the membership, by their paths; null where there is none.</summary>
    internal IEnumerable<(string Path, ActorCell? Cell)> Actors =>
        [("/system/cluster/member", _member), ("/system/cluster/commands", _intake), ("/system/cluster/trust", _watch), .. _duties.Select(duty => ($"/system/cluster/duties/{duty.Name}", (ActorCell?)duty.Cell))];

    /// <summary>Joins the cluster. Completes when the shards that are meant for this node are its own and their jobs go on.</summary>
    internal async Task<int> Join(ActorCell wakeUps)
    {
        _wakeUps = wakeUps;
        _intake = _system.Spawn(() => new CommandIntake(_cluster, _services, _gateway, _logger));
        _member = _system.Spawn(() => new ClusterMember(_cluster, Line, _services.Shards, this, _options, _logger));
        Line.Open(_cluster, _options.HeartbeatInterval);
        await Task.WhenAny(_ready.Task, StoodDown);
        return Recovered;
    }

    /// <summary>
    /// Hands all shards over to others, if there are others. Steps that run get some time to end. Completes when that is done, or after the time and a little more.
    /// </summary>
    internal async Task Leave(TimeSpan grace)
    {
        if (_stoodDown.Task.IsCompleted || Line.View is not { } view || !view.Nodes.Any(node => node.Incarnation != _cluster.Incarnation && node.Wish == NodeWish.None)) return;
        _member!.Tell(new ClusterMember.TakeTime(grace));
        _isLeaving = true;
        try
        {
            await _cluster.Wish(_cluster.Incarnation, NodeWish.Leave);
        }
        catch (StoreException failure)
        {
            LogNotLeft(_logger, failure.Message);
            return;
        }

        Line.BeatSoon();
        using var timer = new CancellationTokenSource();
        await Task.WhenAny(_emptied.Task, StoodDown, Task.Delay(grace + TimeSpan.FromSeconds(5), _system.Time, timer.Token));
        // Not CancelAsync: that would leave the kernel's scheduler.
        timer.Cancel();
    }

    /// <summary>Gives no sign of life any more.</summary>
    internal void Close()
    {
        _member?.Stop();
        _intake?.Stop();
        _watch?.Stop();
        Lead(term: null);
        Line.Close();
        _journalHints.Dispose();
        _services.Remote!.Close();
    }

    /// <summary>Somebody begins to follow events on this node.</summary>
    internal void FollowsNow() => _followers.Begin();

    /// <inheritdoc/>
    public void Begin(IReadOnlyList<OwnedShard> shards)
    {
        Interlocked.Increment(ref _recoveries);
        var set = new ShardSet(_cluster.ShardCount, shards.Select(owned => owned.Shard));
        var progress = new RecoveryProgress(_services.Now());
        _system.Spawn(() => new Recovery(_store, _gateway, _recoveryLimitJobs, progress, _logger, set));
        _ = WhenRecovered(progress);
        _wakeUps!.Tell(WakeUpClock.Alarm.Instance);
        TakeCommands();
        CallbacksMoved();
    }

    /// <inheritdoc/>
    public async Task HandOver(IReadOnlyCollection<int> shards, TimeSpan grace)
    {
        var set = new ShardSet(_cluster.ShardCount, shards);
        // A restarted actor has forgotten that it was asked, so they are asked until none is left.
        while (_services.Registry.Leave(set, out var leaving))
        {
            using var timer = new CancellationTokenSource();
            if (await Task.WhenAny(leaving, Task.Delay(grace, _system.Time, timer.Token)) != leaving) _services.Registry.Broadcast(set, StopStepsMessage.Instance);
            // Not CancelAsync: that would leave the kernel's scheduler.
            timer.Cancel();
            await leaving;
        }
    }

    /// <inheritdoc/>
    public void Lead(long? term)
    {
        foreach (var (_, duty) in _duties) duty.Stop();
        _duties = term is null ? [] : [.. Duties.Select(duty => (duty.Name, _system.Spawn(duty.Make)))];
        Leads(term);
    }

    /// <inheritdoc/>
    public void Seen(ClusterView view)
    {
        _watch ??= _system.Spawn(() => new TrustWatch(_services.Trust!, StandDown));
        _cluster.JournalMoved(view.Head);
        _journalHints.Look(view);
        _followers.Look(view);
        if (Interlocked.Exchange(ref _registry, view.Registry) != view.Registry) RegistryMoved();
        if (view.ShardsWithCommands.Length > 0) TakeCommands();
        if (view.HasLateMail && Interlocked.Exchange(ref _isLookingForMail, 1) == 0) _ = LookForLateMail();
        if (_services.Remote!.Waiting > 0) _services.Remote.TakeAnswers();
        NoteReady(view);
        _services.Admission.LookAgain(view.ShortStages);
        if (!_isLeaving && view.Find(_cluster.Incarnation)?.Wish == NodeWish.Leave) _askedToLeave.TrySetResult();
        if (_isLeaving && view.Owners.All(owner => owner != _cluster.Incarnation)) _emptied.TrySetResult();
    }

    /// <inheritdoc/>
    public void Hinted(ClusterHint hint)
    {
        switch (hint.Kind)
        {
            case ClusterHintKind.Commands:
                TakeCommands();
                break;
            case ClusterHintKind.Answers:
                _services.Remote!.TakeAnswers();
                break;
            case ClusterHintKind.Mail:
                Wake(hint.Jobs);
                break;
            case ClusterHintKind.Journal:
                _cluster.JournalMoved(head: null);
                break;
            case ClusterHintKind.Callbacks:
                CallbacksMoved();
                break;
            case ClusterHintKind.Schedules:
                SchedulesMoved(hint.About);
                break;
            case ClusterHintKind.Places:
                _services.Admission.LookAgain(hint.About!);
                break;
        }
    }

    /// <inheritdoc/>
    public void StandDown(string cause)
    {
        if (_services.HasStoodDown) return;
        _services.HasStoodDown = true;
        LogStandsDown(_logger, _cluster.Incarnation, cause);
        // Or the others would take it for alive, and wait.
        Line.FallSilent();
        _gateway.Close();
        _services.IsDraining = true;
        _member?.Stop();
        _services.Shards.Close();
        _services.Registry.Broadcast(StandDownMessage.Instance);
        _stoodDown.TrySetResult(cause);
        _ready.TrySetResult();
    }

    /// <inheritdoc/>
    public string Facts() => JsonSerializer.Serialize(
        new NodeFacts { Jobs = _services.Registry.Count, Running = _services.Steps.Running, Recovering = Volatile.Read(ref _recoveries), Follows = _followers.IsFollowed }, NodeFactsJson.Default.NodeFacts);

    private void TakeCommands()
    {
        if (_look.TrySend() && _intake?.Tell(_look) != true) _look.Taken();
    }

    private async Task WhenRecovered(RecoveryProgress progress)
    {
        await progress.Done;
        Interlocked.Add(ref _recovered, progress.Recovered);
        Interlocked.Decrement(ref _recoveries);
        if (Line.View is { } view) NoteReady(view);
    }

    /// <summary>Everything has an owner to be, what is meant for this node is its own, and its jobs have been taken up.</summary>
    private void NoteReady(ClusterView view)
    {
        if (_ready.Task.IsCompleted || view.Leader is null || Volatile.Read(ref _recoveries) > 0) return;
        for (var shard = 0; shard < view.Targets.Length; shard++)
        {
            if (view.Targets[shard] is not { } target || (target == _cluster.Incarnation && _services.Shards.StateOf(shard) == 0)) return;
        }

        _ready.TrySetResult();
    }

    private async Task LookForLateMail()
    {
        try
        {
            Wake(await _cluster.ReadLateMail(1000));
        }
        catch (StoreException)
        {
            // It is there still: the next view says so.
        }

        Interlocked.Exchange(ref _isLookingForMail, 0);
    }

    private void Wake(IReadOnlyList<Jobs.JobId> jobs) => _services.Delivery.Wake([.. jobs.Where(_services.Shards.IsMine)]);

    [LoggerMessage(610, LogLevel.Error, "This node (incarnation {Incarnation}) stands down: {Cause}. Its jobs go on elsewhere, and it joins again as a new one.")]
    private static partial void LogStandsDown(ILogger logger, long incarnation, string cause);

    [LoggerMessage(611, LogLevel.Warning, "The cluster could not be told that this node leaves; the others will find out: {Cause}")]
    private static partial void LogNotLeft(ILogger logger, string cause);
}
