using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.JobActors;

/// <summary>How a turn is written, and what is done when the store cannot say whether it was.</summary>
internal sealed partial class JobActor
{
    private JobAddress? _address;

    private ValueTask<AppendResult> Append(JobTurn turn)
    {
        var events = EncodedEventsOf(turn);
        var submitted = events.Length > 0 ? (turn.Events[0] as JobEvent.Submitted)?.Spec : null;
        var ends = turn.State.Status.IsTerminal() && !turn.Before.Status.IsTerminal();
        return services.Store.Append(new AppendRequest(id, turn.Before.SequenceNr, events)
        {
            Address = _address ??= JobAddress.Of(turn.State.Spec),
            StatusBefore = turn.Before.Status,
            // The store has marked a job with mail as due: whoever takes the mail says anew for what it waits. And an earlier life may have said that the job is parked.
            Row = !_isRowCurrent || turn.Consumed.Count > 0 || JobRowProjection.Differs(turn.Before, turn.State) ? JobRowProjection.Of(turn.State, _parked) : null,
            Claims = submitted is { IdempotencyKey: { } key } ? [Claim.OnKey(submitted.Tenant, key, submitted.Fingerprint())] : [],
            Terms = submitted is null ? [] : JobTerms.Of(submitted, turn.State.Plan.NameTerms),
            Deliveries = CallbackDeliveries.Of(turn, events),
            Watches = submitted is null || turn.State.OpenDependencies.IsEmpty ? [] : [.. turn.State.OpenDependencies.Select(job => new Watch(job, WatchKind.Dependency))],
            ChildOf = turn.ChildOf,
            Messages = CancelsOf(turn),
            ConsumedMessages = turn.Consumed,
            Answers = turn.Answers(),
            Quota = JobQuotas.OrdersOf(turn),
            EndNote = ends ? EndNote.Of(turn.State) : default,
            Snapshot = SnapshotOf(turn),
        });
    }

    private static EncodedEvent[] EncodedEventsOf(JobTurn turn) =>
        [.. turn.Events.Select(@event => new EncodedEvent(EventCodec.NameOf(@event), @event.At, EventCodec.Encode(@event)))];

    /// <summary>
    /// A long job saves its state at distances that grow with its length, so that the work of saving stays in proportion to the events and a replay
    /// reads at most a quarter of them.
    /// </summary>
    private EncodedSnapshot? SnapshotOf(JobTurn turn)
    {
        var distance = turn.State.SequenceNr - _lastSnapshot;
        if (distance < services.SnapshotAfterEvents || distance < turn.State.SequenceNr / 4 || turn.State.Status.IsTerminal()) return null;
        _lastSnapshot = turn.State.SequenceNr;
        return new EncodedSnapshot(SnapshotCodec.Version, SnapshotCodec.Encode(turn.State));
    }

    /// <returns>What is to be decided again; null if all is done.</returns>
    private async ValueTask<IReadOnlyList<object>?> AfterUnknown(JobTurn turn, AppendResult.Unknown unknown, IReadOnlyList<object> messages, TimeSpan delay)
    {
        var (landed, woken) = await FindLanded(turn, unknown, delay);
        switch (landed)
        {
            case Landed.Turn:
                Finish(turn, woken);
                return null;
            case Landed.Others:
                return await LoadInsteadOf(turn, messages);
            case Landed.Nothing when turn.Before.SequenceNr == 0:
                Self.Stop();
                return null;
            default:
                return ForAnotherTry(messages);
        }
    }

    /// <summary>
    /// Waits, then learns from the store whether the turn has landed; asks until the store answers. The giver of a new job hears at once that it is not
    /// known, and the giver of another command the second time: nobody should wait for a disk that stays full.
    /// </summary>
    /// <returns>What has landed, and who has mail because of the turn.</returns>
    private async ValueTask<(Landed What, IReadOnlyList<JobId> Woken)> FindLanded(JobTurn turn, AppendResult.Unknown unknown, TimeSpan delay)
    {
        var cause = unknown.Cause;
        var refusal = new CommandReply.Unavailable(cause) { IsDiskFull = unknown.IsDiskFull };
        if (turn.Before.SequenceNr == 0) turn.ReplyToAll(refusal);
        else if (delay > FirstStoreDelay) turn.RefuseCommands(refusal);
        while (true)
        {
            if (services.HasStoodDown)
            {
                StandDown(turn);
                return (Landed.Nothing, []);
            }

            LogUnknown(Logger, id, cause, delay.TotalMilliseconds);
            await Task.Delay(delay, services.System.Time);
            try
            {
                var landed = await WhatLanded(turn);
                return (landed, landed == Landed.Turn ? await WokenBy(turn) : []);
            }
            catch (Exception exception) when (exception is not InvariantBrokenException)
            {
                turn.RefuseCommands(refusal);
                cause = exception.Message;
                delay = Longer(delay);
            }
        }
    }

    /// <summary>
    /// A job that is taken for new may have been here before, with as many events: those in the store are the turn's own only if they say the same.
    /// </summary>
    private async ValueTask<Landed> WhatLanded(JobTurn turn)
    {
        // A row that only says that the job is parked may as well be written again.
        if (turn.IsEmpty) return Landed.Nothing;
        if (turn.Events.Count == 0) return (await services.Store.ReadInbox(id)).Any(mail => turn.Consumed.Contains(mail.Id)) ? Landed.Nothing : Landed.Turn;
        var stored = await services.Store.ReadEvents(id, turn.Before.SequenceNr, turn.Events.Count + 1);
        if (stored.Count == 0) return Landed.Nothing;
        var own = EncodedEventsOf(turn);
        return stored.Count == own.Length && stored.Zip(own).All(pair => IsSame(pair.First, pair.Second)) ? Landed.Turn : Landed.Others;
    }

    /// <summary>
    /// Nothing of the turn is in the store: it is decided again, without the commands whose givers were told so, and with what has come since, or new commands
    /// would wait behind it without end.
    /// </summary>
    private List<object> ForAnotherTry(IReadOnlyList<object> messages)
    {
        List<object> left = [.. messages.Where(message => message is not CommandMessage { IsAnswered: true })];
        while (left.Count < TurnLimit && Self.TryReceiveMore(out var more)) left.Add(more);
        return left;
    }

    private static bool IsSame(StoredEvent stored, EncodedEvent own) =>
        stored.Type == own.Type && stored.At == StoredTime.Truncate(own.At) && stored.Payload.Span.SequenceEqual(own.Payload.Span);

    /// <summary>The job was here before (its submission was given again), or has gone on since it was read: its stored state decides.</summary>
    /// <returns>The messages that are still to be decided about.</returns>
    private async ValueTask<IReadOnlyList<object>> LoadInsteadOf(JobTurn turn, IReadOnlyList<object> messages)
    {
        if (turn.Before.SequenceNr > 0 && !_mayBeStale)
            throw new InvariantBrokenException($"Job {id} has other events in the store after event {turn.Before.SequenceNr} than were made here: somebody else has written.");
        WithdrawTickets();
        _state = null;
        await LoadWithinTurn();
        Check.That(_state is not null || _parked is not null);
        return [.. messages.Where(message => message is not LoadedMessage)];
    }

    private static TimeSpan Longer(TimeSpan delay) => delay * 2 < MaxStoreDelay ? delay * 2 : MaxStoreDelay;

    private async ValueTask<JobHistory> WithoutSnapshot(JobHistory history)
    {
        var events = await services.Store.ReadEvents(history.Id, 0, int.MaxValue);
        return new JobHistory(history.Id, null, 0, events) { Inbox = history.Inbox };
    }

    private void StandDown(JobTurn turn)
    {
        if (!services.HasStoodDown) LogFenced(Logger, id);
        turn.ReplyToAll(new CommandReply.Unavailable("This node has lost its right to write; ask again."));
        StandDown();
        services.Fenced?.Invoke();
    }

    /// <summary>Ends at once: what runs is told so, and nothing of it is written.</summary>
    private void StandDown()
    {
        _fenced = true;
        foreach (var (_, child) in _children) child.Tell(StopReason.Shutdown);
        Self.Stop();
    }

    [LoggerMessage(201, LogLevel.Warning, "Job {JobId}: the store did not say whether a write has landed ({Cause}); looking again in {DelayMs} ms.")]
    private static partial void LogUnknown(ILogger logger, JobId jobId, string cause, double delayMs);

    [LoggerMessage(202, LogLevel.Error, "Job {JobId}: this node may not write any more and stands down.")]
    private static partial void LogFenced(ILogger logger, JobId jobId);

    /// <summary>What stands in the store where a turn of unknown fate would.</summary>
    private enum Landed
    {
        Nothing,
        Turn,
        Others,
    }
}
