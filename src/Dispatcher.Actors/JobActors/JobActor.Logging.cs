using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.JobActors;

/// <summary>Every line about a job carries its id, its tenant and its correlation id.</summary>
internal sealed partial class JobActor
{
    private ILogger? _log;

    /// <summary>For the supervisor's lines too.</summary>
    protected internal override ILogger Logger => _log ?? MakeLogger();

    /// <summary>Kept once it is known whose job it is; before that, a line says what is known.</summary>
    private ILogger MakeLogger()
    {
        if (_address is null && _state is { SequenceNr: > 0 } state) _address = JobAddress.Of(state.Spec);
        var logger = new JobLogger(services.Logger, new JobLogScope(id, _address?.Tenant, _address?.CorrelationId));
        return _address is null ? logger : _log = logger;
    }

    /// <summary>A job that failed is worth a line; all else that happens to jobs only for who looks closely.</summary>
    private void LogCommitted(JobTurn turn)
    {
        if (!services.Logger.IsEnabled(LogLevel.Information)) return;
        var sequenceNr = turn.Before.SequenceNr;
        foreach (var @event in turn.Events)
        {
            sequenceNr++;
            if (@event is JobEvent.Failed failed) LogFailed(Logger, id, failed.Step, failed.Failure.Message);
            else LogEvent(Logger, id, sequenceNr, @event);
        }
    }

    private static void LogEvent(ILogger logger, JobId id, long sequenceNr, JobEvent @event)
    {
        if (logger.IsEnabled(LogLevel.Debug)) LogEvent(logger, id, sequenceNr, EventCodec.NameOf(@event));
    }

    [LoggerMessage(204, LogLevel.Information, "Job {JobId} failed at step {Step}: {Failure}")]
    private static partial void LogFailed(ILogger logger, JobId jobId, string? step, string failure);

    [LoggerMessage(205, LogLevel.Debug, "Job {JobId} event {SequenceNr}: {EventType}")]
    private static partial void LogEvent(ILogger logger, JobId jobId, long sequenceNr, string eventType);

    [LoggerMessage(206, LogLevel.Error, "Job {JobId} is stuck after event {SequenceNr}: it could go on, and nobody takes care of it. This is a bug; a restart of the server takes the job up again.")]
    private static partial void LogStuck(ILogger logger, JobId jobId, long sequenceNr);
}
