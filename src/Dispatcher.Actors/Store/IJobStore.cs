using Dispatcher.Jobs;

namespace Dispatcher.Store;

/// <summary>
/// The one seam to durability. Implementations differ in dialect and never in meaning: each passes the same conformance suite.
/// </summary>
/// <remarks>
/// What holds for every implementation:
/// <list type="number">
/// <item>An append is all or nothing: its events, its row, its claims and its snapshot are written together or not at all.</item>
/// <item>When <see cref="Append"/> has answered <see cref="AppendResult.Appended"/>, the write survives the end of the process
/// and, with full synchronisation, of the machine.</item>
/// <item>Appends of one job are written in the order in which they were given; a failed one never fails another in its batch.</item>
/// <item>Reads see every append that was answered before they began.</item>
/// <item>Every journal row names the incarnation that wrote it.</item>
/// </list>
/// </remarks>
public interface IJobStore : IAsyncDisposable
{
    /// <summary>The number of this process's life in the store; larger than every earlier one.</summary>
    long Incarnation { get; }

    /// <summary>
    /// Queues an append for the group commit. Waits while the queue is full (back-pressure).
    /// 1. <see cref="AppendResult.Appended"/>: durable. 2. <see cref="AppendResult.Conflict"/>: nothing written, since the job is at
    /// another sequence number or a claim is taken. 3. <see cref="AppendResult.Fenced"/>: nothing written, this incarnation may not write
    /// any more. 4. <see cref="AppendResult.Unknown"/>: the write may have landed or not; read again before going on.
    /// </summary>
    ValueTask<AppendResult> Append(AppendRequest request);

    /// <summary>The newest snapshot of a job, if any, and all events after it; null if there is no such job.</summary>
    ValueTask<JobHistory?> ReadHistory(JobId id);

    /// <summary>Events of a job in order, from the one after <paramref name="afterSequenceNr"/>; empty when there are none.</summary>
    ValueTask<IReadOnlyList<StoredEvent>> ReadEvents(JobId id, long afterSequenceNr, int limit);

    /// <summary>
    /// Histories of jobs whose wake-up time is not after <paramref name="dueAt"/>, in the order of (wake-up time, id), after the cursor; read in
    /// bulk, so that recovery costs one query a page and not one a job.
    /// </summary>
    ValueTask<IReadOnlyList<DueJob>> ReadDue(DateTimeOffset dueAt, DueCursor? after, int limit);

    /// <summary>The earliest wake-up time after the given time, if any job has one.</summary>
    ValueTask<DateTimeOffset?> NextWakeUp(DateTimeOffset after);

    ValueTask<JobRow?> FindJob(JobId id);

    /// <summary>Rows in the order of their ids, newest first. Never reads the journal.</summary>
    ValueTask<IReadOnlyList<JobRow>> ListJobs(JobQuery query);

    /// <summary>Stores a definition under its hash; a registered name and version never change.</summary>
    ValueTask<WorkflowRegistration> RegisterWorkflow(StoredWorkflow workflow);

    /// <summary>The definition with this hash, or null.</summary>
    ValueTask<StoredWorkflow?> FindWorkflow(string hash);
}
