using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Store;

namespace Dispatcher.Steps.Workers;

/// <summary>
/// Where workers come for tasks and bring their answers: the only door. What the queues in memory do not know it reads in the journal, so that an
/// answer means the same before and after a restart of the server.
/// </summary>
public sealed partial class WorkerDesk
{
    /// <summary>Bytes of a checkpoint that a heartbeat may carry.</summary>
    public const int CheckpointLimitBytes = 64 * 1024;

    /// <summary>Files that one task may name.</summary>
    public const int ArtifactLimit = 100;

    private readonly LeaseHistory _history;

    internal WorkerDesk(WorkerQueues queues, IJobStore store) => (Queues, _history) = (queues, new LeaseHistory(store));

    /// <summary>Statistics, and why a step waits.</summary>
    public WorkerQueues Queues { get; }

    /// <inheritdoc cref="WorkerQueues.Lease"/>
    public Task<ImmutableArray<WorkerLease>> Lease(LeaseRequest request, CancellationToken gone) => Queues.Lease(request, gone);

    /// <inheritdoc cref="WorkerQueues.StopLeasing"/>
    public void StopLeasing() => Queues.StopLeasing();

    /// <inheritdoc cref="WorkerQueues.GiveBack"/>
    public void GiveBack(IEnumerable<WorkerLease> leases) => Queues.GiveBack(leases);

    /// <summary>The worker lives. Each report is answered for itself, in order.</summary>
    public async Task<ImmutableArray<HeartbeatReply>> Heartbeat(string tenant, IReadOnlyList<HeartbeatReport> reports)
    {
        var replies = ImmutableArray.CreateBuilder<HeartbeatReply>(reports.Count);
        foreach (var report in reports) replies.Add(await Heartbeat(tenant, report));
        return replies.MoveToImmutable();
    }

    /// <summary>The task is done.</summary>
    public async Task<DeskReply> Complete(string tenant, string lease, JsonElement? output, IReadOnlyList<NamedArtifact> artifacts, CancellationToken cancellation)
    {
        if (!LeaseKey.TryParse(lease, out var key)) return DeskReply.Unknown.Instance;
        if (output is { } json && JsonSize.Of(json) is > JobLimits.PayloadBytes and var bytes)
            return new DeskReply.Refused(AnswerFault.OutputTooLarge, $"The output has {bytes:N0} bytes; at most {JobLimits.PayloadBytes:N0} are allowed. Upload bigger data as an artifact.");
        var references = ImmutableArray.CreateRange(artifacts.Select(named => new ArtifactReference(named.Name ?? named.Path, named.Path, 0, "")));
        if (Queues.StandingOf(tenant, key, out var task) == LeaseStanding.Held)
        {
            try
            {
                (references, var missing) = await Find(task!, key, artifacts, cancellation);
                if (missing is not null) return new DeskReply.Refused(AnswerFault.FileMissing, $"The job has no file '{missing}'; upload it before the task is completed.");
            }
            catch (ArtifactPathException refused)
            {
                return new DeskReply.Refused(AnswerFault.PathNotAllowed, refused.Message);
            }
        }

        return await Answer(tenant, key, new WorkerAnswer.Completed(JsonSize.NullAsAbsent(output), references));
    }

    /// <summary>The task failed, as the worker says; the step's retry policy decides what follows.</summary>
    public async Task<DeskReply> Fail(string tenant, string lease, Failure failure) =>
        LeaseKey.TryParse(lease, out var key) ? await Answer(tenant, key, new WorkerAnswer.Failed(failure)) : DeskReply.Unknown.Instance;

    private async Task<HeartbeatReply> Heartbeat(string tenant, HeartbeatReport report)
    {
        if (!LeaseKey.TryParse(report.Lease, out var key)) return new HeartbeatReply(report.Lease, HeartbeatStatus.Lost, null);
        switch (Queues.Beat(tenant, key, out var task, out var expiresAt))
        {
            case LeaseStanding.Held:
                return await Report(task!, report) ? new HeartbeatReply(report.Lease, HeartbeatStatus.Ok, expiresAt) : await Heartbeat(tenant, report with { Checkpoint = null });
            case LeaseStanding.GivenBack:
                return new HeartbeatReply(report.Lease, HeartbeatStatus.Lost, null);
        }

        var status = await _history.Read(tenant, key) switch
        {
            LeaseRecord.Open => HeartbeatStatus.Ok,
            LeaseRecord.Ended { IsByJobOrTime: true } => HeartbeatStatus.Cancel,
            _ => HeartbeatStatus.Lost,
        };
        return new HeartbeatReply(report.Lease, status, null);
    }

    /// <summary>False when the job did not take the checkpoint: the attempt has just ended.</summary>
    private static async Task<bool> Report(WorkerTask task, HeartbeatReport report)
    {
        if (report.Percent is { } percent) task.Context.Progress(percent, report.Message);
        else task.Context.Heartbeat();
        if (report.Checkpoint is not { } checkpoint) return true;
        try
        {
            await task.Context.SaveCheckpoint(checkpoint);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<DeskReply> Answer(string tenant, LeaseKey key, WorkerAnswer answer)
    {
        var fate = await Queues.Take(tenant, key, answer);
        if (fate == AnswerFate.Recorded) return new DeskReply.Accepted(Again: false);
        return await _history.Read(tenant, key) switch
        {
            LeaseRecord.Unknown => DeskReply.Unknown.Instance,
            LeaseRecord.Ended ended when ended.EndedBy(answer) => new DeskReply.Accepted(Again: true),
            LeaseRecord.Ended ended => LostTo(ended),
            _ when fate == AnswerFate.Contradicts => new DeskReply.Lost("Another answer was given under this lease before, and is being written."),
            _ when fate == AnswerFate.Lost => new DeskReply.Lost("The lease was given back; the task may be with another worker."),
            _ => DeskReply.NotYet.Instance,
        };
    }

    private static DeskReply.Lost LostTo(LeaseRecord.Ended ended)
    {
        var name = EventCodec.NameOf(ended.By);
        var sentence = ended.By switch
        {
            JobEvent.StepLeased e => $"The task was leased again, by worker '{e.Worker}'.",
            JobEvent.StepCompleted => "The task was completed under this lease before, with another result.",
            JobEvent.StepRetrying e => $"The attempt had failed ({e.Failure.Code ?? e.Failure.Class.ToString()}) and is tried again.",
            JobEvent.StepFailed e => $"The attempt had failed ({e.Failure.Code ?? e.Failure.Class.ToString()}).",
            _ => "The job had ended.",
        };
        return new DeskReply.Lost(sentence, ended.JobStatus, name);
    }
}
