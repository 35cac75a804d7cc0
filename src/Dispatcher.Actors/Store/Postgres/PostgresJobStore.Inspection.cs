using Dispatcher.Jobs;

namespace Dispatcher.Store.Postgres;

/// <summary>For a check of the whole store.</summary>
public sealed partial class PostgresJobStore
{
    public ValueTask<IReadOnlyList<JobId>> ReadJobIds(JobId? after, int limit) => throw new NotSupportedException();

    public ValueTask<TResult> InspectJob<TResult>(JobId id, Func<StoredJob, IEnumerable<StoredEvent>, TResult> examine) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<CountDifference>> CompareCounts() => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<StoredNode>> ReadNodes() => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<StrayRow>> ReadStrays(int limit) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<string>> CheckIntegrity(bool quick, int limit) => throw new NotSupportedException();
}
