using Dispatcher.Jobs;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.JobActors;

/// <summary>How a turn is written, and what is done when the store cannot say whether it was.</summary>
internal sealed partial class JobActor
{
    private ValueTask<AppendResult> Append(JobTurn turn)
    {
        var events = new EncodedEvent[turn.Events.Count];
        for (var i = 0; i < events.Length; i++)
        {
            var @event = turn.Events[i];
            events[i] = new EncodedEvent(EventCodec.NameOf(@event), @event.At, EventCodec.Encode(@event));
        }

        return services.Store.Append(new AppendRequest(id, turn.Before.SequenceNr, events)
        {
            Row = JobRowProjection.Differs(turn.Before, turn.State) ? JobRowProjection.Of(turn.State, _parked) : null,
            Claims = turn.Events[0] is JobEvent.Submitted { Spec: { IdempotencyKey: { } key } spec } ? [new Claim("idempotency", $"{spec.Tenant}/{key}")] : [],
            Snapshot = SnapshotOf(turn),
        });
    }

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
    /// Waits, then learns from the store what has landed. False when the turn is over: the giver of a new job hears at once, since nobody else
    /// knows of the job yet.
    /// </summary>
    private async ValueTask<bool> Reload(JobTurn turn, string cause, TimeSpan delay)
    {
        LogUnknown(services.Logger, id, cause, delay.TotalMilliseconds);
        if (turn.Before.SequenceNr == 0)
        {
            turn.ReplyToAll(new CommandReply.Unavailable(cause));
            Self.Stop();
            return false;
        }

        await Task.Delay(delay, services.System.Time);
        try
        {
            _state = JobLoader.Fold(turn.Before, await services.Store.ReadEvents(id, turn.Before.SequenceNr, int.MaxValue));
        }
        catch (Exception exception) when (exception is not (JobParkedException or UnknownEventException))
        {
            // The next append fails in the same way and comes back here, with a longer delay.
            LogUnknown(services.Logger, id, exception.Message, delay.TotalMilliseconds);
        }

        return true;
    }

    private async ValueTask<JobHistory> WithoutSnapshot(JobHistory history)
    {
        var events = await services.Store.ReadEvents(history.Id, 0, int.MaxValue);
        return new JobHistory(history.Id, null, 0, events);
    }

    private void StandDown(JobTurn turn)
    {
        _fenced = true;
        LogFenced(services.Logger, id);
        turn.ReplyToAll(new CommandReply.Unavailable("This node has lost its right to write; ask again."));
        Self.Stop();
    }

    [LoggerMessage(201, LogLevel.Warning, "Job {JobId}: the store did not say whether a write has landed ({Cause}); looking again in {DelayMs} ms.")]
    private static partial void LogUnknown(ILogger logger, JobId jobId, string cause, double delayMs);

    [LoggerMessage(202, LogLevel.Error, "Job {JobId}: this node may not write any more and stands down.")]
    private static partial void LogFenced(ILogger logger, JobId jobId);
}
