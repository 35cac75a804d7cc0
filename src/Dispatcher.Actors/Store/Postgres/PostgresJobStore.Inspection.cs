using Dispatcher.Jobs;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Store.Postgres;

/// <summary>For a check of the whole store, beside nodes that write.</summary>
public sealed partial class PostgresJobStore
{
    public ValueTask<IReadOnlyList<JobId>> ReadJobIds(JobId? after, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return Reader.ReadJobIds(after, limit);
    }

    public ValueTask<TResult> InspectJob<TResult>(JobId id, Func<StoredJob, IEnumerable<StoredEvent>, TResult> examine) => Reader.InspectJob(id, examine);

    public ValueTask<IReadOnlyList<CountDifference>> CompareCounts() => Reader.CompareCounts();

    public ValueTask<IReadOnlyList<StoredNode>> ReadNodes() => Reader.ReadNodes();

    public ValueTask<IReadOnlyList<StrayRow>> ReadStrays(int limit) => Reader.ReadStrays(limit);

    /// <summary>
    /// What the server can tell: blocks with a wrong checksum, indexes that were not finished and, where its extension amcheck is installed and this role may
    /// call it, indexes that are damaged or disagree with their tables.
    /// </summary>
    public async ValueTask<IReadOnlyList<string>> CheckIntegrity(bool quick, int limit)
    {
        var check = await new PostgresIntegrity(_database).Check(quick, limit);
        if (!check.LookedIntoIndexes) LogIndexesNotChecked();
        return check.Faults;
    }

    [LoggerMessage(322, LogLevel.Information, "The indexes were not looked into: for that, let a superuser run CREATE EXTENSION amcheck and grant EXECUTE on its functions.")]
    private partial void LogIndexesNotChecked();
}
