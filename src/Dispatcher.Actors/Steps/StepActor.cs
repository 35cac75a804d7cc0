using System.Diagnostics;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps.Artifacts;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Steps;

/// <summary>
/// Runs one attempt of one step and tells its job how it ended, exactly once. The handler runs beside the actor, as a work item of its own, so that
/// a handler that blocks its thread can still be timed out.
/// </summary>
/// <remarks>
/// Life: running -> (asked to stop ->) ended | abandoned. A handler that was asked to stop and did not within
/// <see cref="StepServices.AbandonAfter"/> is abandoned: its place is given back, its late result refused.
/// </remarks>
public sealed partial class StepActor(StepAssignment assignment, ActorCell job, StepServices services) : Actor, IThreadPoolWorkItem
{
    private static readonly object TimeUp = new();
    private static readonly object GraceOver = new();
    private static readonly object HeartbeatDue = new();

    private readonly CancellationTokenSource _cancellation = new();
    private RunningStepContext _context = null!;
    private TimerQueue.Entry? _timeout;
    private TimerQueue.Entry? _heartbeat;
    private TimerQueue.Entry? _grace;
    private StopReason _stopReason;
    private bool _released;
    private Activity? _span;
    private long _startedAt;

    /// <summary>Starts an attempt. It counts as running from here, not from its own first turn: a stop must not take the time between for idleness.</summary>
    public static ActorCell Spawn(ActorSystem system, StepAssignment assignment, ActorCell job, StepServices services)
    {
        services.OnStarted(assignment.IsExternal);
        return system.Spawn(() => new StepActor(assignment, job, services), Supervision.Stop);
    }

    protected internal override ValueTask Started()
    {
        var now = Self.System.Time.GetUtcNow();
        var begun = assignment.StartedAt ?? now;
        var timeout = assignment.Timeout ?? services.DefaultTimeout;
        _context = new RunningStepContext(Self, job, services)
        {
            JobId = assignment.JobId,
            Tenant = assignment.Tenant,
            WorkflowName = assignment.WorkflowName,
            Step = assignment.Step,
            Attempt = assignment.Attempt,
            Recovery = assignment.Recovery,
            With = assignment.With,
            Checkpoint = assignment.Checkpoint,
            Declared = assignment.Declared,
            Time = Self.System.Time,
            Cancellation = _cancellation.Token,
            CorrelationId = assignment.CorrelationId,
            TraceParent = assignment.TraceParent,
            Priority = assignment.Priority,
            Deadline = begun + timeout is { } end && !(end > assignment.JobDeadline) ? end : assignment.JobDeadline,
            Epoch = assignment.Epoch,
            Lease = assignment.Lease,
        };
        if (timeout is { } longest) _timeout = Self.System.Timers.Schedule(longest - Passed(begun, now), Self, TimeUp);
        if (assignment.HeartbeatTimeout is { } silence) _heartbeat = Self.System.Timers.Schedule(silence, Self, HeartbeatDue);
        _span = StepTrace.Create(assignment);
        _startedAt = services.Metrics?.Now ?? 0;
        Self.System.Scheduler.Schedule(this);
        return ValueTask.CompletedTask;
    }

    protected internal override ValueTask Receive(object message)
    {
        switch (message)
        {
            case HandlerEnded ended:
                // Told before it is counted: whoever waits until nothing runs finds the end in the job's mailbox.
                End(OutcomeOf(ended));
                services.OnEnded(assignment.IsExternal);
                break;
            case StopReason reason:
                AskToStop(reason);
                break;
            case var _ when message == TimeUp:
                AskToStop(StopReason.Timeout);
                break;
            case var _ when message == HeartbeatDue:
                CheckHeartbeat();
                break;
            case var _ when message == GraceOver:
                LogAbandoned(_context.Logger, assignment.JobId, assignment.Step, assignment.Attempt, services.AbandonAfter.TotalSeconds);
                End(OutcomeOf(new HandlerEnded(null, new OperationCanceledException())), isAbandoned: true);
                services.OnAbandoned(assignment.IsExternal);
                break;
        }

        return ValueTask.CompletedTask;
    }

    protected internal override void Stopped()
    {
        _timeout?.Dispose();
        _heartbeat?.Dispose();
        _grace?.Dispose();
        if (_released) return;
        _released = true;
        assignment.Release();
    }

    void IThreadPoolWorkItem.Execute() => _ = RunHandler();

    private async Task RunHandler()
    {
        HandlerEnded ended;
        _span?.Start();
        try
        {
            ended = new HandlerEnded(await WithDeclared(await assignment.Handler.Run(_context)), null);
        }
        catch (Exception exception)
        {
            ended = new HandlerEnded(null, exception);
        }

        if (!Self.Tell(ended)) LogLate(_context.Logger, assignment.JobId, assignment.Step, assignment.Attempt);
    }

    /// <summary>The result with the files that the workflow declared and the handler did not name itself.</summary>
    private async ValueTask<StepResult> WithDeclared(StepResult result)
    {
        if (_context.Declared.IsEmpty || result is not StepResult.Completed completed) return result;
        var artifacts = completed.Artifacts;
        foreach (var declared in _context.Declared)
        {
            if (artifacts.Any(artifact => artifact.Path == declared.Path)) continue;
            artifacts = artifacts.Add(await _context.Artifacts.Describe(declared.Path, declared.Name, _context.Cancellation) ?? throw new StepFailedException(
                ErrorClass.Permanent, $"The workflow says that the step leaves '{declared.Path}' (artifact {declared.Name}); {assignment.Handler.Name} did not.", "ARTIFACT_MISSING"));
        }

        return completed with { Artifacts = artifacts };
    }

    private void AskToStop(StopReason reason)
    {
        if (_stopReason != StopReason.None) return;
        _stopReason = reason;
        _context.NoteStop(reason);
        _grace = Self.System.Timers.Schedule(services.AbandonAfter, Self, GraceOver);
        // A handler's own cancellation callbacks must not run inside the actor.
        Self.System.Scheduler.Schedule(new CancelItem(_cancellation, _context.Logger, assignment));
    }

    private void CheckHeartbeat()
    {
        var silence = assignment.HeartbeatTimeout!.Value;
        var left = _context.SinceHeartbeat is { } quiet ? silence - quiet : silence;
        if (left <= TimeSpan.Zero) AskToStop(StopReason.HeartbeatLost);
        else _heartbeat = Self.System.Timers.Schedule(left, Self, HeartbeatDue);
    }

    /// <summary>An attempt outside may have begun under an earlier process; a clock that was set back since makes its time no longer than a whole one.</summary>
    private static TimeSpan Passed(DateTimeOffset begun, DateTimeOffset now) => now > begun ? now - begun : TimeSpan.Zero;

    private void End(StepOutcome outcome, bool isAbandoned = false)
    {
        _released = true;
        Report(outcome, isAbandoned);
        assignment.Release();
        job.Tell(new StepEnded(Self, assignment.Step, assignment.Attempt, outcome));
        Self.Stop();
    }

    private void Report(StepOutcome outcome, bool isAbandoned)
    {
        var failure = (outcome as StepOutcome.Failed)?.Failure;
        var word = outcome switch
        {
            _ when isAbandoned => "abandoned",
            StepOutcome.Succeeded { Result: StepResult.CompleteAt } => "sleeping",
            StepOutcome.Succeeded => "completed",
            StepOutcome.Failed => "failed",
            _ => "released",
        };
        services.Metrics?.Ended(assignment.Handler.Name, word, _startedAt, failure);
        StepTrace.End(_span, word, failure);
    }

    /// <summary>The result of an attempt that was asked to stop still counts when it is a success: the work is done.</summary>
    private StepOutcome OutcomeOf(HandlerEnded ended) => ended switch
    {
        { Result: { } result } => new StepOutcome.Succeeded(result),
        _ when _stopReason == StopReason.Shutdown => StepOutcome.Released.Instance,
        { Exception: not StepFailedException } when _stopReason == StopReason.Detached => StepOutcome.Detached.Instance,
        _ when _stopReason == StopReason.Timeout =>
            Failed(ErrorClass.Timeout, $"The attempt did not end within its timeout of {assignment.Timeout ?? services.DefaultTimeout}.", "TIMEOUT"),
        _ when _stopReason == StopReason.HeartbeatLost =>
            Failed(ErrorClass.Timeout, $"The handler sent no heartbeat for {assignment.HeartbeatTimeout}.", "HEARTBEAT_LOST"),
        { Exception: StepFailedException failed } => new StepOutcome.Failed(failed.Failure),
        { Exception: ArtifactPathException refused } => Failed(ErrorClass.InvalidInput, refused.Message, "ARTIFACT_PATH"),
        { Exception: OperationCanceledException } => Failed(ErrorClass.Transient, "The attempt was cancelled.", null),
        { Exception: { } exception } => Failed(ErrorClass.Transient, $"{exception.GetType().Name}: {exception.Message}", null),
        _ => Failed(ErrorClass.Permanent, $"The handler {assignment.Handler.Name} returned no result.", "NO_RESULT"),
    };

    private static StepOutcome.Failed Failed(ErrorClass @class, string message, string? code) => new(Failure.Of(@class, message, code));

    [LoggerMessage(100, LogLevel.Warning, "Job {JobId} step {Step} attempt {Attempt}: the handler did not stop within {GraceSeconds} s and was abandoned.")]
    private static partial void LogAbandoned(ILogger logger, JobId jobId, StepKey step, int attempt, double graceSeconds);

    [LoggerMessage(101, LogLevel.Warning, "Job {JobId} step {Step} attempt {Attempt}: an abandoned handler ended; its late result is refused.")]
    private static partial void LogLate(ILogger logger, JobId jobId, StepKey step, int attempt);

    private sealed record HandlerEnded(StepResult? Result, Exception? Exception);

    [LoggerMessage(102, LogLevel.Warning, "Job {JobId} step {Step}: the handler's own cancellation callback failed.")]
    private static partial void LogCallbackFailed(ILogger logger, Exception exception, JobId jobId, StepKey step);

    private sealed class CancelItem(CancellationTokenSource source, ILogger logger, StepAssignment assignment) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            try
            {
                source.Cancel();
            }
            catch (AggregateException exception)
            {
                LogCallbackFailed(logger, exception, assignment.JobId, assignment.Step);
            }
        }
    }
}
