using Dispatcher.Jobs;

namespace Dispatcher.Store.Sqlite;

/// <summary>For a check of the whole store, beside a process that writes or after one.</summary>
public sealed partial class SqliteJobStore
{
    public ValueTask<IReadOnlyList<JobId>> ReadJobIds(JobId? after, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return _readers.Read<(JobId? After, int Limit), IReadOnlyList<JobId>>((after, limit), static (reader, page) => reader.ReadJobIds(page.After, page.Limit));
    }

    public ValueTask<TResult> InspectJob<TResult>(JobId id, Func<StoredJob, IEnumerable<StoredEvent>, TResult> examine) =>
        _readers.Read((id, examine), static (reader, job) => reader.InspectJob(job.id, job.examine));

    public ValueTask<IReadOnlyList<CountDifference>> CompareCounts() =>
        _readers.Read<int, IReadOnlyList<CountDifference>>(0, static (reader, _) => reader.CompareCounts());

    public ValueTask<IReadOnlyList<StoredNode>> ReadNodes() => _readers.Read<int, IReadOnlyList<StoredNode>>(0, static (reader, _) => reader.ReadNodes());

    public ValueTask<IReadOnlyList<StrayRow>> ReadStrays(int limit) =>
        _readers.Read<int, IReadOnlyList<StrayRow>>(limit, static (reader, limit) => reader.ReadStrays(limit));

    public ValueTask<IReadOnlyList<string>> CheckIntegrity(bool quick, int limit) =>
        _readers.Read<(bool Quick, int Limit), IReadOnlyList<string>>((quick, limit), static (reader, check) => reader.CheckIntegrity(check.Quick, check.Limit));
}
