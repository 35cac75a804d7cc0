using Dispatcher.Kernel;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Feed.Callbacks;

/// <summary>
/// Sends callbacks that are due. Sleeps until the next one, or until it is told that some were committed; one turn takes all mail that waits: it records
/// the attempts that ended in one write, reads what is due, and begins what may begin.
/// </summary>
/// <remarks>
/// A delivery is pending in the store until its attempt is recorded, so a process that dies between sending and recording sends it again, under the
/// same <c>webhook-id</c>: at least once, and none is lost.
/// </remarks>
internal sealed partial class CallbackSender(IDeliveryStore store, CallbackCourier courier, CallbackOptions options, CallbackMail mail, ILogger logger, Func<ShardSet?> shards) : Actor
{
    private const int PageLimit = 256;

    /// <summary>Pages that one turn reads, so that mail does not wait behind a long backlog.</summary>
    private const int PagesPerTurn = 32;

    /// <summary>Jobs whose receiver wants no more of them; beyond it all are forgotten, and asked once more.</summary>
    private const int GoneLimit = 10_000;

    /// <summary>However quiet it is, the store is read this often: a callback of which nobody told is late, not lost.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);

    /// <summary>
    /// A reading goes on where the last one stopped only among deliveries that are due for longer than this. Younger ones are read from the beginning, since a
    /// commit may still put an earlier one before them.
    /// </summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    private static readonly object Alarm = new();
    private static readonly object GoOn = new();

    private readonly DeliveryQueue _queue = new(options.MaxConcurrency, options.ReceiverMaxConcurrency);
    private readonly Dictionary<Jobs.JobId, string> _gone = [];
    private readonly List<AttemptEnded> _ended = [];
    private readonly CancellationTokenSource _life = new();
    private (DateTimeOffset NextAt, long Id)? _after;
    private bool _mustRead = true;
    private TimerQueue.Entry? _alarm;
    private DateTimeOffset _alarmAt = DateTimeOffset.MaxValue;

    protected internal override ValueTask Started() => Turn();

    protected internal override ValueTask Receive(object message)
    {
        do Take(message);
        while (_ended.Count < PageLimit && Self.TryReceiveMore(out message));
        return Turn();
    }

    protected internal override void Stopped()
    {
        _alarm?.Dispose();
        _life.Cancel();
        mail.Counters.SetPending(0);
        if (!Self.HasStopped) return;
        mail.Drained.TrySetResult();
        mail.Stopped.TrySetResult();
    }

    private void Take(object message)
    {
        switch (message)
        {
            case AttemptEnded ended when ended.Life == _life.Token:
                _ended.Add(ended);
                break;
            case CallbackMail.CommitHint:
                mail.TakeHint();
                _mustRead = true;
                break;
            case CallbackMail.Replayed replayed:
                foreach (var (job, tenant) in _gone) if (tenant == replayed.Tenant) _gone.Remove(job);
                _mustRead = true;
                break;
            case CallbackMail.ReceiversRequest request:
                request.Reply([.. _queue.Receivers.Where(receiver => receiver.Key.Tenant == request.Tenant).Select(ReceiverStatus.Of)]);
                break;
            case var _ when message == Alarm:
                (_alarm, _alarmAt, _mustRead) = (null, DateTimeOffset.MaxValue, true);
                break;
        }
    }

    private async ValueTask Turn()
    {
        var now = Self.System.Time.GetUtcNow();
        if (_ended.Count > 0) await Record(now);
        if (!mail.IsDraining)
        {
            if (_mustRead || _queue.WantsMore) await Read(now);
            while (_queue.Begin(now) is { } delivery) courier.Begin(delivery, Self, _life.Token);
        }
        else if (_queue.UnderWay == 0)
        {
            mail.Drained.TrySetResult();
        }

        mail.Counters.SetPending(_queue.Waiting + _queue.UnderWay);
    }

    private async ValueTask Record(DateTimeOffset now)
    {
        var attempts = new List<DeliveryAttempt>(_ended.Count);
        foreach (var ended in _ended) Settle(ended, now, attempts);
        _ended.Clear();
        await store.RecordAttempts(attempts);
        foreach (var attempt in attempts) if (attempt.NextAt is { } next) SetAlarm(next);
    }

    private void Settle(AttemptEnded ended, DateTimeOffset now, List<DeliveryAttempt> attempts)
    {
        var (delivery, receiver) = (ended.Delivery, _queue.ReceiverOf(ended.Delivery));
        var isGone = ended.Answer is { } answer && DeliveryRules.IsGone(answer);
        var wasClosed = receiver.Breaker.State == BreakerState.Closed;
        var attempt = AttemptOf(ended, now);
        Note(delivery, attempt, attempts);
        var works = ended.Answer is null ? (bool?)null : isGone || ended.Answer.Error is null;
        if (_queue.End(delivery, works, now))
        {
            mail.Counters.CountBreakerOpened();
            LogBreakerOpened(logger, receiver.Key.Origin, receiver.Key.Tenant, receiver.Breaker.Failures, receiver.Breaker.Wait.TotalSeconds, attempt.Error!);
            foreach (var waiting in _queue.RemoveWaiting(receiver)) Note(waiting, DeliveryRules.BreakerOpen(waiting, receiver.Breaker, now), attempts);
        }
        else if (!wasClosed && works == true)
        {
            LogBreakerClosed(logger, receiver.Key.Origin, receiver.Key.Tenant);
        }

        if (!isGone) return;
        if (_gone.Count >= GoneLimit) _gone.Clear();
        _gone[delivery.JobId] = delivery.Tenant;
        foreach (var waiting in _queue.RemoveWaiting(receiver, delivery.JobId)) Note(waiting, DeliveryRules.JobGone(waiting, now), attempts);
    }

    private DeliveryAttempt AttemptOf(AttemptEnded ended, DateTimeOffset now)
    {
        if (ended.Answer is { } answer) return DeliveryRules.Answered(ended.Delivery, answer, now);
        if (ended.Fault is not { } fault) return DeliveryRules.EventMissing(ended.Delivery, now);
        LogOwnTrouble(new JobLogger(logger, courier.ScopeOf(ended.Delivery)), fault, ended.Delivery.JobId, ended.Delivery.SequenceNr);
        return DeliveryRules.OwnTrouble(ended.Delivery, fault.Message, now);
    }

    /// <summary>Reads what is due, from the beginning or from where the last turn stopped, as far as there is room.</summary>
    private async ValueTask Read(DateTimeOffset now)
    {
        _mustRead = false;
        var own = shards();
        if (own is { Shards.IsEmpty: true }) return;
        _queue.BeginReading();
        if (_after is null) _queue.BeginRound();
        for (var pages = 0; pages < PagesPerTurn && !_queue.IsFull; pages++)
        {
            var page = await store.ReadDueDeliveries(now, _after, PageLimit, own);
            await Take(page, now);
            _after = page.Count < PageLimit ? null : (page[^1].NextAt!.Value, page[^1].Id);
            if (_after is null) break;
        }

        if (_queue.IsFull || _after?.NextAt > now - Settled) _after = null;
        _mustRead = _after is not null || _queue.HasPassedOver;
        if (_mustRead) Self.Tell(GoOn);
        else await SetAlarmAfter(now, own);
    }

    private async ValueTask Take(IReadOnlyList<StoredDelivery> page, DateTimeOffset now)
    {
        var settled = new List<DeliveryAttempt>();
        foreach (var delivery in page)
        {
            if (_queue.Knows(delivery)) continue;
            var breaker = _queue.ReceiverOf(delivery).Breaker;
            if (_gone.ContainsKey(delivery.JobId)) Note(delivery, DeliveryRules.JobGone(delivery, now), settled);
            else if (breaker.Refuses(now)) Note(delivery, DeliveryRules.BreakerOpen(delivery, breaker, now), settled);
            else _queue.Offer(delivery);
        }

        if (settled.Count > 0) await store.RecordAttempts(settled);
    }

    private void Note(StoredDelivery delivery, DeliveryAttempt attempt, List<DeliveryAttempt> attempts)
    {
        attempts.Add(attempt);
        if (attempt.Status == DeliveryStatus.Delivered) mail.Counters.CountSent();
        else if (attempt.Status == DeliveryStatus.Pending && attempt.IsCounted) mail.Counters.CountRetried();
        if (attempt.Status != DeliveryStatus.Failed) return;
        mail.Counters.CountFailed();
        LogGivenUp(new JobLogger(logger, courier.ScopeOf(delivery)), delivery.JobId, delivery.SequenceNr, ReceiverKey.Of(delivery).Origin, attempt.Error!);
    }

    /// <summary>Wakes when the next delivery after those that were read is due.</summary>
    private async ValueTask SetAlarmAfter(DateTimeOffset now, ShardSet? own)
    {
        SetAlarm(now + LongestSleep);
        if (await store.ReadDueDeliveries(now + LongestSleep, (now, long.MaxValue), 1, own) is [{ NextAt: { } next }]) SetAlarm(next);
    }

    private void SetAlarm(DateTimeOffset at)
    {
        if (at >= _alarmAt) return;
        _alarmAt = at;
        _alarm?.Dispose();
        _alarm = Self.System.Timers.Schedule(at, Self, Alarm);
    }

    [LoggerMessage(401, LogLevel.Warning, "Callback {SequenceNr} of job {JobId} to {Receiver} is given up: {Error}. It can be replayed.")]
    private static partial void LogGivenUp(ILogger logger, Jobs.JobId jobId, long sequenceNr, string receiver, string error);

    [LoggerMessage(402, LogLevel.Warning, "The callback receiver {Receiver} of tenant {Tenant} failed {Failures} times in a row: nothing is sent to it for {WaitSeconds} s. Last: {Error}")]
    private static partial void LogBreakerOpened(ILogger logger, string receiver, string tenant, int failures, double waitSeconds, string error);

    [LoggerMessage(403, LogLevel.Information, "The callback receiver {Receiver} of tenant {Tenant} works again.")]
    private static partial void LogBreakerClosed(ILogger logger, string receiver, string tenant);

    [LoggerMessage(404, LogLevel.Error, "Callback {SequenceNr} of job {JobId} could not be made on this node; it is tried again.")]
    private static partial void LogOwnTrouble(ILogger logger, Exception exception, Jobs.JobId jobId, long sequenceNr);
}
