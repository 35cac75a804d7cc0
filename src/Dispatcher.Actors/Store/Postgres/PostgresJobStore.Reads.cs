using Dispatcher.Jobs;

namespace Dispatcher.Store.Postgres;

/// <summary>Jobs and their histories, as readers see them.</summary>
public sealed partial class PostgresJobStore
{
    public ValueTask<JobHistory?> ReadHistory(JobId id) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<StoredEvent>> ReadEvents(JobId id, long afterSequenceNr, int limit) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<DueJob>> ReadDue(DateTimeOffset dueAt, DueCursor? after, int limit, ShardSet? shards = null) => throw new NotSupportedException();

    public ValueTask<DateTimeOffset?> NextWakeUp(DateTimeOffset after, ShardSet? shards = null) => throw new NotSupportedException();

    public ValueTask<JobRow?> FindJob(JobId id) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<JobRow>> FindJobs(IReadOnlyList<JobId> ids) => throw new NotSupportedException();

    public ValueTask<JobPage> ListJobs(JobQuery query) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<JobCount>> CountJobs(string? tenant) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<InboxMessage>> ReadInbox(JobId id) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<WatchEdge>> ReadWatches(JobId id, int limit) => throw new NotSupportedException();
}
