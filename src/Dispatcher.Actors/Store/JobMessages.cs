using Dispatcher.Jobs;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Store;

/// <summary>What a listener of the journal may choose by, without reading a payload.</summary>
/// <param name="CorrelationId">The job's, if it has one.</param>
public sealed record JobAddress(string Tenant, string Workflow, string? CorrelationId)
{
    public static JobAddress Unknown { get; } = new("default", "unknown", null);

    /// <summary>The schedule whose run the job is; null for others, such as the jobs that a run makes, which have its correlation id too.</summary>
    public string? Schedule { get; init; }

    public static JobAddress Of(JobSpec spec) => new(spec.Tenant, spec.Workflow.Name, spec.CorrelationId) { Schedule = spec.Labels?.GetValueOrDefault(FiringLabels.Schedule) };

    public static JobAddress Of(JobRow row) => new(row.Tenant, row.WorkflowName, row.CorrelationId) { Schedule = row.Labels?.GetValueOrDefault(FiringLabels.Schedule) };
}

/// <summary>A job wants to hear when another one ends. Kept as long as both jobs are stored: it is also the edge of the graph of jobs.</summary>
/// <param name="Watched">The job whose end matters.</param>
/// <param name="Kind">Why: <see cref="WatchKind"/>.</param>
public sealed record Watch(JobId Watched, string Kind);

/// <summary>A stored <see cref="Watch"/> with its watcher.</summary>
public sealed record WatchEdge(JobId Watched, JobId Watcher, string Kind);

/// <summary>Why one job watches another.</summary>
public static class WatchKind
{
    /// <summary>The watcher starts when the watched one has completed.</summary>
    public const string Dependency = "dependency";

    /// <summary>The watched one is the watcher's child: a step waits for it.</summary>
    public const string Child = "child";
}

/// <summary>A message to another job, as part of an append.</summary>
/// <param name="Kind">A stable word: <see cref="MessageKind"/>.</param>
/// <param name="Payload">UTF-8 JSON; empty if there is nothing more to say.</param>
public sealed record NewMessage(JobId To, string Kind, ReadOnlyMemory<byte> Payload);

/// <summary>A message in a job's inbox: durable from the commit of its cause to the commit of its effect.</summary>
/// <param name="Id">Grows; the order in which a job takes its messages.</param>
/// <param name="From">The job that caused it.</param>
/// <param name="Outcome">The status with which the sender ended; <see cref="JobStatus.None"/> for other kinds.</param>
/// <param name="Payload">UTF-8 JSON; for an ended job its <see cref="AppendRequest.EndNote"/>.</param>
public sealed record InboxMessage(long Id, JobId To, JobId From, string Kind, JobStatus Outcome, ReadOnlyMemory<byte> Payload);

/// <summary>The kinds of messages between jobs.</summary>
public static class MessageKind
{
    /// <summary>A watched job has ended.</summary>
    public const string JobEnded = "job-ended";

    /// <summary>The parent has ended and asks its child to stop.</summary>
    public const string Cancel = "cancel";
}

/// <summary>A callback to be sent: the event with this number, to the URL that the job names.</summary>
/// <param name="SequenceNr">The event's number in its job.</param>
/// <param name="EventType">The event's stable name.</param>
/// <param name="JobStatus">The job's status as of the event.</param>
public sealed record NewDelivery(long SequenceNr, string EventType, string Url, JobStatus JobStatus = JobStatus.None);

/// <summary>Events as they were committed, for those who follow the journal.</summary>
/// <param name="FirstOrdering">The place of the first event in the whole journal; the others follow it without gap.</param>
public sealed record CommittedAppend(
    JobId JobId, JobAddress Address, long FirstOrdering, long FirstSequenceNr, IReadOnlyList<EncodedEvent> Events)
{
    /// <summary>
    /// The journal holds nothing between this place and the first event. A store whose places leave gaps names the event that it told before; where they leave
    /// none it is the number before the first.
    /// </summary>
    public long AfterOrdering { get; init; } = FirstOrdering - 1;
}

/// <summary>
/// Hears of every commit to the store, whichever node it came from, in the order of the journal. A batch whose outcome is unknown may have landed unheard; then
/// <see cref="CommittedAppend.AfterOrdering"/> of the next append lies behind the event told last, and the journal has what is between them
/// (<see cref="IJobStore.ReadJournal"/>). Times may not yet be cut to microseconds.
/// </summary>
public interface IJournalListener
{
    /// <summary>
    /// Called by one thread at a time. A store that has one writer calls it on the writer's thread, after a commit and before its callers are answered; one that
    /// many nodes write calls it soon after. It must be quick and must not throw.
    /// </summary>
    void Committed(IReadOnlyList<CommittedAppend> appends);

    /// <summary>
    /// Called like <see cref="Committed"/> when a batch failed that may be in the journal all the same: what became of it, the journal alone knows.
    /// </summary>
    void MayHaveCommitted()
    {
    }
}
