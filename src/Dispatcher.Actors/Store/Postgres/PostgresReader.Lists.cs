using Dispatcher.Jobs;

namespace Dispatcher.Store.Postgres;

/// <summary>Lists and counters.</summary>
internal sealed partial class PostgresReader
{
    public async ValueTask<JobPage> ListJobs(JobQuery query)
    {
        var (rows, last) = await Walk(new PostgresListWalk(database).Command(query));
        var next = rows.Count == query.Limit ? rows[^1].Id : last;
        return new JobPage(rows, next);
    }

    public async ValueTask<IReadOnlyList<JobCount>> CountJobs(string? tenant)
    {
        var query = Query(PostgresSql.ReadCounts);
        query.Bind(tenant);
        return await Rows(query, static row => new JobCount(row.GetString(0), row.GetString(1), StoredText.Status<JobStatus>(row.GetString(2)), row.GetInt64(3)));
    }
}
