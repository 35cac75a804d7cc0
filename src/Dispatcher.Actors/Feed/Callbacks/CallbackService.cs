using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Feed.Callbacks;

/// <summary>The callbacks of a node: its sender, its secrets, and what others may ask of them.</summary>
public sealed class CallbackService
{
    private readonly ActorSystem _system;
    private readonly CallbackEdges _edges;
    private readonly Func<Actor> _sender;
    private readonly CallbackMail _mail = new();
    private ActorCell? _cell;

    /// <param name="wall">The time that receivers check against their own.</param>
    internal CallbackService(ActorSystem system, TimeProvider wall, IJobStore store, CallbackEdges edges, CallbackOptions options, IdGenerator ids, ILogger logger)
    {
        (_system, _edges) = (system, edges);
        Secrets = new WebhookSecrets(system, edges.Access, ids);
        var courier = new CallbackCourier(new CallbackComposer(store, Secrets, wall), edges.Transport, ids);
        _sender = () => new CallbackSender(edges.Deliveries, courier, options, _mail, logger, Shards);
    }

    /// <summary>The shards whose jobs' callbacks this node sends; null: all.</summary>
    internal Func<ShardSet?> Shards { get; init; } = static () => null;

    /// <summary>A delivery was made due again that another node may have to send.</summary>
    internal Action Replayed { get; init; } = static () => { };

    public WebhookSecrets Secrets { get; }

    public CallbackCounters Counters => _mail.Counters;

    /// <summary>The tenant's receivers that have something to send or have failed lately.</summary>
    public Task<IReadOnlyList<ReceiverStatus>> Receivers(string tenant)
    {
        var request = new CallbackMail.ReceiversRequest(tenant);
        if (_cell?.Tell(request) != true) request.Undelivered();
        return request.Answer;
    }

    /// <summary>Sends a delivery that has ended once more, and again by the schedule if its event is not yet a day old.</summary>
    /// <returns>False when the tenant has no such delivery.</returns>
    public async Task<bool> Replay(string tenant, long deliveryId)
    {
        var isThere = await _edges.Deliveries.ReplayDelivery(tenant, deliveryId, _system.Time.GetUtcNow());
        if (!isThere) return false;
        _cell?.Tell(new CallbackMail.Replayed(tenant));
        Replayed();
        return true;
    }

    /// <summary>Begins to send; what the last process left goes out first.</summary>
    internal void Start() => _cell = _system.Spawn(_sender);

    /// <summary>Looks into the store for what is due.</summary>
    internal void LookSoon()
    {
        if (_cell is { } cell && _mail.TryHint()) cell.Tell(CallbackMail.CommitHint.Instance);
    }

    /// <summary>Events were committed; wakes the sender if one of them is to be told. Costs nothing without a callback.</summary>
    internal void Committed(JobState state, IReadOnlyList<JobEvent> events)
    {
        if (state.Spec.Callback is { } callback && events.Any(@event => CallbackRules.Wants(callback, EventCodec.NameOf(@event)))) LookSoon();
    }

    /// <summary>Begins nothing more; completes when all that is under way has ended and is recorded.</summary>
    internal Task Drain()
    {
        _mail.IsDraining = true;
        return _cell?.Tell(CallbackMail.Drain.Instance) == true ? _mail.Drained.Task : Task.CompletedTask;
    }

    /// <summary>Cuts off what is under way: it is sent again after the next start. Completes when nothing is written any more.</summary>
    internal Task Stop()
    {
        Secrets.Stop();
        if (_cell is not { } cell) return Task.CompletedTask;
        cell.Stop();
        return _mail.Stopped.Task;
    }
}
