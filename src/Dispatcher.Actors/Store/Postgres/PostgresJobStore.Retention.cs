using Dispatcher.Jobs;

namespace Dispatcher.Store.Postgres;

/// <summary>Deleting what is old.</summary>
public sealed partial class PostgresJobStore
{
    public ValueTask<(IReadOnlyList<JobRow> Rows, JobId? Next)> ReadEnded(DateTimeOffset endedBefore, JobStatus? status, JobId? after, int scanLimit) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<JobId>> DeleteJobs(IReadOnlyList<JobId> ids) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<(JobId Id, string Tenant)>> ReadLeftovers(int limit) => throw new NotSupportedException();

    public ValueTask ForgetLeftovers(IReadOnlyList<JobId> ids) => throw new NotSupportedException();
}
