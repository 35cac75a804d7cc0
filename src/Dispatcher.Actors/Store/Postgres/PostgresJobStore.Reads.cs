using Dispatcher.Jobs;

namespace Dispatcher.Store.Postgres;

/// <summary>Jobs and their histories, as readers see them.</summary>
public sealed partial class PostgresJobStore
{
    private PostgresReader Reader => field ??= new PostgresReader(_database, ShardCount);

    public ValueTask<JobHistory?> ReadHistory(JobId id) => Reader.ReadHistory(id);

    public ValueTask<IReadOnlyList<JobHistory?>> ReadHistories(IReadOnlyList<JobId> ids)
    {
        ReadValidation.Validate(ids);
        return Reader.ReadHistories(ids);
    }

    public ValueTask<IReadOnlyList<StoredEvent>> ReadEvents(JobId id, long afterSequenceNr, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return Reader.ReadEvents(id, afterSequenceNr, limit);
    }

    public ValueTask<IReadOnlyList<DueJob>> ReadDue(DateTimeOffset dueAt, DueCursor? after, int limit, ShardSet? shards = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return Reader.ReadDue(dueAt, after, limit, shards);
    }

    public ValueTask<DateTimeOffset?> NextWakeUp(DateTimeOffset after, ShardSet? shards = null) => Reader.NextWakeUp(after, shards);

    public ValueTask<JobRow?> FindJob(JobId id) => Reader.FindJob(id);

    public ValueTask<JobId?> FindHolder(Claim claim) => Reader.FindHolder(claim);

    public ValueTask<IReadOnlyList<JobId?>> FindHolders(IReadOnlyList<Claim> claims)
    {
        ReadValidation.Validate(claims);
        return Reader.FindHolders(claims);
    }

    public ValueTask<IReadOnlyList<JobRow>> FindJobs(IReadOnlyList<JobId> ids)
    {
        ReadValidation.Validate(ids);
        return Reader.FindJobs(ids);
    }

    public ValueTask<IReadOnlyList<JobRow?>> FindNewest(IReadOnlyList<NewestJobQuery> queries)
    {
        ReadValidation.Validate(queries);
        return Reader.FindNewest(queries);
    }

    public ValueTask<JobPage> ListJobs(JobQuery query)
    {
        ReadValidation.Validate(query);
        return Reader.ListJobs(query);
    }

    public ValueTask<IReadOnlyList<JobCount>> CountJobs(string? tenant) => Reader.CountJobs(tenant);

    public ValueTask<IReadOnlyList<InboxMessage>> ReadInbox(JobId id) => Reader.ReadInbox(id);

    public ValueTask<IReadOnlyList<WatchEdge>> ReadWatches(JobId id, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return Reader.ReadWatches(id, limit);
    }
}
