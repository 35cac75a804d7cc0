using Dispatcher.Jobs;

namespace Dispatcher.Store.Sqlite;

/// <summary>Jobs, their histories and the journal, as readers see them.</summary>
public sealed partial class SqliteJobStore
{
    public ValueTask<JobHistory?> ReadHistory(JobId id) => _readers.Read(id, static (reader, id) => reader.ReadHistory(id));

    public ValueTask<IReadOnlyList<JobHistory?>> ReadHistories(IReadOnlyList<JobId> ids)
    {
        ReadValidation.Validate(ids);
        return _readers.Read<IReadOnlyList<JobId>, IReadOnlyList<JobHistory?>>(ids, static (reader, ids) => reader.ReadHistories(ids));
    }

    public ValueTask<IReadOnlyList<StoredEvent>> ReadEvents(JobId id, long afterSequenceNr, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return _readers.Read<(JobId Id, long After, int Limit), IReadOnlyList<StoredEvent>>(
            (id, afterSequenceNr, limit), static (reader, page) => reader.ReadEvents(page.Id, page.After, page.Limit));
    }

    public ValueTask<IReadOnlyList<DueJob>> ReadDue(DateTimeOffset dueAt, DueCursor? after, int limit, ShardSet? shards = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return _readers.Read<(DateTimeOffset DueAt, DueCursor? After, int Limit, ShardSet? Shards), IReadOnlyList<DueJob>>(
            (dueAt, after, limit, shards), static (reader, page) => reader.ReadDue(page.DueAt, page.After, page.Limit, page.Shards));
    }

    public ValueTask<DateTimeOffset?> NextWakeUp(DateTimeOffset after, ShardSet? shards = null) =>
        _readers.Read((after, shards), static (reader, given) => reader.NextWakeUp(given.after, given.shards));

    public ValueTask<JobRow?> FindJob(JobId id) => _readers.Read(id, static (reader, id) => reader.FindJob(id));

    public ValueTask<JobId?> FindHolder(Claim claim) => _readers.Read(claim, static (reader, claim) => reader.FindHolder(claim));

    public ValueTask<IReadOnlyList<JobId?>> FindHolders(IReadOnlyList<Claim> claims)
    {
        ReadValidation.Validate(claims);
        return _readers.Read<IReadOnlyList<Claim>, IReadOnlyList<JobId?>>(claims, static (reader, claims) => reader.FindHolders(claims));
    }

    public ValueTask<IReadOnlyList<JobRow>> FindJobs(IReadOnlyList<JobId> ids)
    {
        ReadValidation.Validate(ids);
        return _readers.Read<IReadOnlyList<JobId>, IReadOnlyList<JobRow>>(ids, static (reader, ids) => reader.FindJobs(ids));
    }

    public ValueTask<IReadOnlyList<JobRow?>> FindNewest(IReadOnlyList<NewestJobQuery> queries)
    {
        ReadValidation.Validate(queries);
        return _readers.Read<IReadOnlyList<NewestJobQuery>, IReadOnlyList<JobRow?>>(queries, static (reader, queries) => reader.FindNewest(queries));
    }

    public ValueTask<JobPage> ListJobs(JobQuery query)
    {
        ReadValidation.Validate(query);
        return _readers.Read<JobQuery, JobPage>(query, static (reader, query) => reader.ListJobs(query));
    }

    public ValueTask<IReadOnlyList<JobCount>> CountJobs(string? tenant) =>
        _readers.Read<string?, IReadOnlyList<JobCount>>(tenant, static (reader, tenant) => reader.CountJobs(tenant));

    public ValueTask<IReadOnlyList<InboxMessage>> ReadInbox(JobId id) => _readers.Read(id, static (reader, id) => reader.ReadInbox(id));

    public ValueTask<IReadOnlyList<WatchEdge>> ReadWatches(JobId id, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return _readers.Read<(JobId Id, int Limit), IReadOnlyList<WatchEdge>>(
            (id, limit), static (reader, page) => reader.ReadWatches(page.Id, page.Limit));
    }

    public ValueTask<JournalPage> ReadJournal(long afterOrdering, string? tenant, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return _readers.Read<(long After, string? Tenant, int Limit), JournalPage>(
            (afterOrdering, tenant, limit), static (reader, page) => reader.ReadJournal(page.After, page.Tenant, page.Limit));
    }

    public ValueTask<long> LastOrdering() => _readers.Read(0, static (reader, _) => reader.LastOrdering());
}
