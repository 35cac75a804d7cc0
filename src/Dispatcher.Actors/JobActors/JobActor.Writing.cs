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
        var events = new EncodedEvent[turn.Events.Count];
        for (var i = 0; i < events.Length; i++)
        {
            var @event = turn.Events[i];
            events[i] = new EncodedEvent(EventCodec.NameOf(@event), @event.At, EventCodec.Encode(@event));
        }

        var submitted = events.Length > 0 ? (turn.Events[0] as JobEvent.Submitted)?.Spec : null;
        var ends = turn.State.Status.IsTerminal() && !turn.Before.Status.IsTerminal();
        return services.Store.Append(new AppendRequest(id, turn.Before.SequenceNr, events)
        {
            Address = _address ??= AddressOf(turn.State.Spec),
            StatusBefore = turn.Before.Status,
            // The store has marked a job with mail as due: whoever takes the mail says anew for what it waits. And an earlier life may have said that the job is parked.
            Row = !_isRowCurrent || turn.Consumed.Count > 0 || JobRowProjection.Differs(turn.Before, turn.State) ? JobRowProjection.Of(turn.State, _parked) : null,
            Claims = submitted is { IdempotencyKey: { } key } ? [new Claim("idempotency", $"{submitted.Tenant}/{key}", submitted.Fingerprint())] : [],
            Terms = submitted is null ? [] : JobTerms.Of(submitted, turn.State.Plan.NameTerms),
            Deliveries = CallbackDeliveries.Of(turn, events),
            Watches = submitted is null || turn.State.OpenDependencies.IsEmpty ? [] : [.. turn.State.OpenDependencies.Select(job => new Watch(job, WatchKind.Dependency))],
            ChildOf = turn.ChildOf,
            Messages = CancelsOf(turn),
            ConsumedMessages = turn.Consumed,
            Answers = turn.Answers(),
            EndNote = ends ? EndNote.Of(turn.State) : default,
            Snapshot = SnapshotOf(turn),
        });
    }

    private static JobAddress AddressOf(JobSpec spec) => new(spec.Tenant, spec.Workflow.Name, spec.CorrelationId);

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

    /// <summary>
    /// Waits, then learns from the store whether the turn has landed; asks until the store answers. The giver of a new job hears at once that it is not
    /// known, since he may want to do something else.
    /// </summary>
    /// <returns>Who has mail because of it; null if it has not landed.</returns>
    private async ValueTask<IReadOnlyList<JobId>?> FindLanded(JobTurn turn, string cause, TimeSpan delay)
    {
        if (turn.Before.SequenceNr == 0) turn.ReplyToAll(new CommandReply.Unavailable(cause));
        while (true)
        {
            if (services.HasStoodDown)
            {
                StandDown(turn);
                return null;
            }

            LogUnknown(Logger, id, cause, delay.TotalMilliseconds);
            await Task.Delay(delay, services.System.Time);
            try
            {
                return await HasLanded(turn) ? await WokenBy(turn) : null;
            }
            catch (Exception exception) when (exception is not InvariantBrokenException)
            {
                cause = exception.Message;
                delay = Longer(delay);
            }
        }
    }

    private async ValueTask<bool> HasLanded(JobTurn turn)
    {
        // A row that only says that the job is parked may as well be written again.
        if (turn.IsEmpty) return false;
        if (turn.Events.Count == 0) return !(await services.Store.ReadInbox(id)).Any(mail => turn.Consumed.Contains(mail.Id));
        var landed = await services.Store.ReadEvents(id, turn.Before.SequenceNr, turn.Events.Count + 1);
        Check.That(landed.Count == 0 || landed.Count == turn.Events.Count);
        return landed.Count > 0;
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
}
