using Dispatcher.Jobs;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.JobActors;

/// <summary>A job that cannot go on here, since this node lacks a handler or cannot read its history. Its row says so, whoever asks and whatever happens to the process.</summary>
internal sealed partial class JobActor
{
    private string? _parked;
    private string _parkedTenant = "";
    private bool _rowSaysParked;
    private bool _isRowCurrent;

    private void Park(string reason)
    {
        if (_parked == reason) return;
        _parked = reason;
        LogParked(Logger, id, reason);
    }

    /// <summary>A turn without events writes the row all the same when the job has just been parked.</summary>
    private bool HasToSayThatItIsParked(JobTurn turn) => _parked is not null && !_rowSaysParked && turn.State.SequenceNr > 0 && !turn.State.Status.IsTerminal();

    /// <summary>Of a job whose state is not known the stored row is kept, but for what it waits for.</summary>
    private async ValueTask ParkUnread(JobHistory history)
    {
        if (await services.Store.FindJob(id) is { } row)
        {
            _parkedTenant = row.Tenant;
            _address = JobAddress.Of(row);
            if (!row.Status.IsTerminal() && row.WaitsFor != JobRow.ParkedForVersion) await SayThatItIsUnread(history, row);
        }

        LogParked(Logger, id, _parked!);
    }

    private async ValueTask SayThatItIsUnread(JobHistory history, JobRow row)
    {
        var last = history.Events.Count > 0 ? history.Events[^1].SequenceNr : history.SnapshotSequenceNr;
        var said = await services.Store.Append(new AppendRequest(id, last, [])
        {
            Address = _address!,
            StatusBefore = row.Status,
            Row = row with { WaitsFor = JobRow.ParkedForVersion },
        });
        if (said is not AppendResult.Appended) LogNotSaid(Logger, id);
    }

    [LoggerMessage(200, LogLevel.Error, "Job {JobId} is parked: {Reason}")]
    private static partial void LogParked(ILogger logger, JobId jobId, string reason);

    [LoggerMessage(207, LogLevel.Warning, "Job {JobId}: its row could not be told that the job is parked.")]
    private static partial void LogNotSaid(ILogger logger, JobId jobId);
}
