using Dispatcher.Jobs;

namespace Dispatcher.Store;

/// <summary>Reads what is stored as it stands, for a check of the whole store; slow, and never on the hot path.</summary>
public interface IStoreInspection
{
    /// <summary>Jobs that have a row or events, in the order of their ids, after the given one.</summary>
    ValueTask<IReadOnlyList<JobId>> ReadJobIds(JobId? after, int limit);

    /// <summary>
    /// Gives the examiner all that is stored about a job as of one instant. The events come as they are read, from number 1 on, so that a long job needs no
    /// memory; they are gone when the examiner returns.
    /// </summary>
    ValueTask<TResult> InspectJob<TResult>(JobId id, Func<StoredJob, IEnumerable<StoredEvent>, TResult> examine);

    /// <summary>Counters that are not what counting gives, as of one instant.</summary>
    ValueTask<IReadOnlyList<CountDifference>> CompareCounts();

    /// <summary>Every life of a writing process, in their order.</summary>
    ValueTask<IReadOnlyList<StoredNode>> ReadNodes();

    /// <summary>Rows that belong to no job, and mail that wakes nobody; at most the limit.</summary>
    ValueTask<IReadOnlyList<StrayRow>> ReadStrays(int limit);

    /// <summary>What the database says is damaged in its file; nothing if it is whole.</summary>
    /// <param name="quick">Leaves out whether each index agrees with its table.</param>
    ValueTask<IReadOnlyList<string>> CheckIntegrity(bool quick, int limit);
}

/// <summary>One job, without its events.</summary>
/// <param name="Row">Its row in the read model; null if there is none, or it cannot be read.</param>
/// <param name="RowFault">Why the row cannot be read.</param>
/// <param name="EndedAt">The row's end time, by which lists and retention find it.</param>
/// <param name="MailFrom">Who sent the messages in its inbox.</param>
/// <param name="Watching">Jobs whose end it wants to hear of.</param>
/// <param name="HasNameTerm">True when lists find it by its workflow's name.</param>
public sealed record StoredJob(
    JobId Id, JobRow? Row, string? RowFault, DateTimeOffset? EndedAt, EncodedSnapshot? Snapshot, long SnapshotSequenceNr,
    IReadOnlyList<JobId> MailFrom, IReadOnlyList<StoredWatch> Watching, bool HasNameTerm);

/// <summary>An edge to another job.</summary>
/// <param name="Status">The other job's; null if it is not stored.</param>
public sealed record StoredWatch(JobId Watched, string Kind, JobStatus? Status);

/// <summary>A counter that is wrong.</summary>
/// <param name="Counter">What the counter says.</param>
/// <param name="Jobs">How many rows there are.</param>
public sealed record CountDifference(string Tenant, string WorkflowName, string Status, long Counter, long Jobs);

/// <summary>A life of a process that could write.</summary>
/// <param name="State"><c>alive</c>, <c>left</c> or <c>dead</c>.</param>
public sealed record StoredNode(long Incarnation, DateTimeOffset StartedAt, string State);

/// <summary>A row without a job.</summary>
/// <param name="Table">Where it is; <c>inbox-asleep</c> is mail of a job that is not due.</param>
/// <param name="Job">The job that it names.</param>
public sealed record StrayRow(string Table, JobId Job);
