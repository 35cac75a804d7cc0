using Dispatcher.Jobs;

namespace Dispatcher.Store;

/// <summary>Deletes what is older than anybody wants to keep.</summary>
public interface IRetentionStore
{
    /// <summary>
    /// Walks the jobs from the oldest, after the given one, and gives those that ended before a time (of one status if given). Looks at no more than
    /// <paramref name="scanLimit"/> rows.
    /// </summary>
    /// <returns>The rows, and the last id that was looked at; null when there is none created before the time any more.</returns>
    ValueTask<(IReadOnlyList<JobRow> Rows, JobId? Next)> ReadEnded(DateTimeOffset endedBefore, JobStatus? status, JobId? after, int scanLimit);

    /// <summary>
    /// Deletes ended jobs with all that belongs to them: events, row, snapshot, claims, watches, terms, deliveries; their counts go down. Leaves those that
    /// have not ended (a job may have been recovered meanwhile). In one transaction; at most 1,000 ids. Their files are not the store's: they are noted as left
    /// over until <see cref="ForgetLeftovers"/>.
    /// </summary>
    /// <returns>The jobs that were deleted.</returns>
    ValueTask<IReadOnlyList<JobId>> DeleteJobs(IReadOnlyList<JobId> ids);

    /// <summary>Deleted jobs whose files may still be there, with their tenants; at most the limit.</summary>
    ValueTask<IReadOnlyList<(JobId Id, string Tenant)>> ReadLeftovers(int limit);

    /// <summary>The files of these jobs are gone.</summary>
    ValueTask ForgetLeftovers(IReadOnlyList<JobId> ids);
}
