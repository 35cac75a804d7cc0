using Dispatcher.Jobs;

namespace Dispatcher.Store;

/// <summary>
/// The one seam to durability. Implementations differ in dialect and never in meaning: each passes the same conformance suite.
/// </summary>
/// <remarks>
/// What holds for every implementation:
/// <list type="number">
/// <item>An append is all or nothing: its events, row, claims, snapshot, watches, messages, terms, deliveries, counts and quota are written together or not at all.</item>
/// <item>When <see cref="Append"/> has answered <see cref="AppendResult.Appended"/>, the write survives the end of the process
/// and, with full synchronisation, of the machine.</item>
/// <item>Appends of one job are written in the order in which they were given; a failed one never fails another in its batch.</item>
/// <item>Reads see every append that was answered before they began.</item>
/// <item>Every journal row names the incarnation that wrote it.</item>
/// <item>When an append ends a job (its row's status is terminal and was not before), each job that watches it and has not ended gets one
/// <see cref="MessageKind.JobEnded"/> message in the same transaction. A watch for a job that has ended already, or is not stored, gets it in the
/// transaction of the watch. A job with mail is due at once. A job that ends loses its inbox; a message to one that has ended, or is not stored, is
/// dropped.</item>
/// </list>
/// </remarks>
public interface IJobStore : IAsyncDisposable
{
    /// <summary>The number of this process's life in the store; larger than every earlier one.</summary>
    long Incarnation { get; }

    /// <summary>
    /// Queues an append for the group commit. Waits while the queue is full (back-pressure).
    /// 1. <see cref="AppendResult.Appended"/>: durable. 2. <see cref="AppendResult.Conflict"/>: nothing written, since the job is at
    /// another sequence number or a claim is taken. <see cref="AppendResult.QuotaRefused"/>: nothing written, since the tenant has not enough of a meter.
    /// 3. <see cref="AppendResult.Fenced"/>: nothing written, this incarnation may not write
    /// any more. 4. <see cref="AppendResult.Unknown"/>: the write may have landed or not; read again before going on.
    /// </summary>
    ValueTask<AppendResult> Append(AppendRequest request);

    /// <summary>The newest snapshot of a job, if any, and all events after it; null if there is no such job.</summary>
    ValueTask<JobHistory?> ReadHistory(JobId id);

    /// <summary>
    /// The same of several jobs at once, in the order of the ids, of which there are at most 1,000; a database asks one question for all. All are in memory at once, so
    /// ask for as few as will do.
    /// </summary>
    async ValueTask<IReadOnlyList<JobHistory?>> ReadHistories(IReadOnlyList<JobId> ids)
    {
        ReadValidation.Validate(ids);
        var histories = new JobHistory?[ids.Count];
        for (var i = 0; i < histories.Length; i++) histories[i] = await ReadHistory(ids[i]);
        return histories;
    }

    /// <summary>Events of a job in order, from the one after <paramref name="afterSequenceNr"/>; empty when there are none.</summary>
    ValueTask<IReadOnlyList<StoredEvent>> ReadEvents(JobId id, long afterSequenceNr, int limit);

    /// <summary>
    /// Histories of jobs whose wake-up time is not after <paramref name="dueAt"/>, in the order of (wake-up time, id), after the cursor; read in
    /// bulk, so that recovery costs one query a page and not one a job.
    /// </summary>
    /// <param name="shards">Only jobs of these shards; null for all.</param>
    ValueTask<IReadOnlyList<DueJob>> ReadDue(DateTimeOffset dueAt, DueCursor? after, int limit, ShardSet? shards = null);

    /// <summary>The earliest wake-up time after the given time, if any job has one.</summary>
    /// <param name="shards">Only of jobs of these shards; null for all.</param>
    ValueTask<DateTimeOffset?> NextWakeUp(DateTimeOffset after, ShardSet? shards = null);

    ValueTask<JobRow?> FindJob(JobId id);

    /// <summary>The rows of those jobs that exist, in no order. At most 1,000 ids.</summary>
    ValueTask<IReadOnlyList<JobRow>> FindJobs(IReadOnlyList<JobId> ids);

    /// <summary>The job that holds the claim of this kind and key, whatever it was made for; null if nobody does.</summary>
    ValueTask<JobId?> FindHolder(Claim claim);

    /// <summary>For each claim the job that holds it, or null; in the order of the claims, of which there are at most 1,000.</summary>
    async ValueTask<IReadOnlyList<JobId?>> FindHolders(IReadOnlyList<Claim> claims)
    {
        ReadValidation.Validate(claims);
        var holders = new JobId?[claims.Count];
        for (var i = 0; i < holders.Length; i++) holders[i] = await FindHolder(claims[i]);
        return holders;
    }

    /// <summary>For each query the newest job that it asks for, or null; in the order of the queries, of which there are at most 1,000.</summary>
    ValueTask<IReadOnlyList<JobRow?>> FindNewest(IReadOnlyList<NewestJobQuery> queries);

    /// <summary>A page of rows in the order of their ids, newest first. Never reads the journal, never counts, and looks at no more rows than the query allows.</summary>
    ValueTask<JobPage> ListJobs(JobQuery query);

    /// <summary>How many jobs there are by workflow and status, of one tenant or of all. Reads maintained counters, not jobs.</summary>
    ValueTask<IReadOnlyList<JobCount>> CountJobs(string? tenant);

    /// <summary>A job's messages in their order.</summary>
    ValueTask<IReadOnlyList<InboxMessage>> ReadInbox(JobId id);

    /// <summary>All watches in which the job is watched or watcher; at most the limit.</summary>
    ValueTask<IReadOnlyList<WatchEdge>> ReadWatches(JobId id, int limit);

    /// <summary>
    /// Events of the whole journal in its order, from the one after <paramref name="afterOrdering"/>; of one tenant if given. Looks at no more than
    /// <paramref name="limit"/> events, so a page may be short: go on from <see cref="JournalPage.Next"/>.
    /// </summary>
    ValueTask<JournalPage> ReadJournal(long afterOrdering, string? tenant, int limit);

    /// <summary>The place of the newest event in the journal; 0 if there is none.</summary>
    ValueTask<long> LastOrdering();

    /// <summary>True if more than this many events come after a place in the journal; where places leave gaps by themselves, they are counted.</summary>
    async ValueTask<bool> HasMoreThan(long afterOrdering, int events) => await LastOrdering() - afterOrdering > events;

    /// <summary>
    /// Tells the listener of commits until the result is disposed: of every one after the place that <see cref="LastOrdering"/> gives when it is asked after this
    /// call. So listening first and asking then misses nothing; what lies before that place may be told too.
    /// </summary>
    IDisposable Listen(IJournalListener listener);

    /// <summary>
    /// Tells the listener of this node's own commits, from now on until the result is disposed, on the writer's thread. Where many nodes write, others' commits lie between
    /// them, whatever <see cref="CommittedAppend.AfterOrdering"/> says.
    /// </summary>
    IDisposable ListenToOwn(IJournalListener listener) => Listen(listener);

    /// <summary>Stores a definition and registers its name and version for the tenant; a registered name and version never change.</summary>
    ValueTask<WorkflowRegistration> RegisterWorkflow(string tenant, StoredWorkflow workflow, DateTimeOffset now);

    /// <summary>Stores a definition by its hash alone, in nobody's registry: for jobs that bring their own.</summary>
    ValueTask KeepWorkflow(StoredWorkflow workflow);

    /// <summary>The definition with this hash, or null. By hash a definition is everybody's: whoever knows the hash has it.</summary>
    ValueTask<StoredWorkflow?> FindWorkflow(string hash);

    /// <summary>A version in a tenant's registry; the newest if none is named; null if there is none.</summary>
    ValueTask<RegisteredWorkflow?> FindRegistered(string tenant, string name, int? version);

    /// <summary>A tenant's registry in the order of (name, version), from after the given one; of one name if given.</summary>
    ValueTask<IReadOnlyList<RegisteredWorkflow>> ListRegistered(string tenant, string? name, (string Name, int Version)? after, int limit);
}
