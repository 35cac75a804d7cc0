using Dispatcher.Jobs;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>Finding what is old.</summary>
internal sealed partial class PostgresReader
{
    /// <summary>A job that ended before a time was made before it, so the walk ends at the ids of that millisecond.</summary>
    public async ValueTask<(IReadOnlyList<JobRow> Rows, JobId? Next)> ReadEnded(DateTimeOffset endedBefore, JobStatus? status, JobId? after, int scanLimit)
    {
        var query = Query(PostgresSql.WalkEnded);
        query.Bind(after ?? default).Bind(JobIdRange.FirstMadeAfter(endedBefore)).Bind((long)scanLimit).Bind(endedBefore).Bind(status?.ToText());
        return await Walk(query);
    }

    public async ValueTask<IReadOnlyList<(JobId Id, string Tenant)>> ReadLeftovers(int limit)
    {
        var query = Query(PostgresSql.ReadLeftovers);
        query.Bind((long)limit);
        return await Rows(query, static row => (row.Id(0), row.GetString(1)));
    }

    /// <summary>Rows of a walk, of which one is empty and tells the last entry that was looked at, if the walk was cut short.</summary>
    private async Task<(List<JobRow> Rows, JobId? Last)> Walk(NpgsqlBatchCommand query)
    {
        var walk = await Fold(query, static () => new BoundedWalk(), static (walk, row) =>
        {
            if (!row.GetBoolean(0)) walk.Rows.Add(row.Job(1));
            else if (!row.IsDBNull(1)) walk.Last = row.Id(1);
        });
        return (walk.Rows, walk.Last);
    }

    private sealed class BoundedWalk
    {
        public List<JobRow> Rows { get; } = [];

        public JobId? Last { get; set; }
    }
}
