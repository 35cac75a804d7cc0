using Dispatcher.Jobs;

namespace Dispatcher.Store.Sqlite;

/// <summary>Finding what is old.</summary>
internal sealed partial class SqliteReader
{
    /// <summary>A job that ended before a time was made before it, so the walk ends at the ids of that millisecond.</summary>
    public (IReadOnlyList<JobRow> Rows, JobId? Next) ReadEnded(DateTimeOffset endedBefore, JobStatus? status, JobId? after, int scanLimit)
    {
        var rows = new List<JobRow>();
        var looked = 0;
        JobId? last = null;
        var walk = database.Statement(SqliteSql.WalkJobs);
        walk.Bind(1, after ?? default);
        walk.Bind(2, JobIdRange.FirstMadeAfter(endedBefore));
        walk.Bind(3, scanLimit);
        for (; walk.Step(); looked++)
        {
            var row = Row(walk);
            last = row.Id;
            if (row.Status.IsTerminal() && row.UpdatedAt < endedBefore && (status is null || row.Status == status)) rows.Add(row);
        }

        walk.Reset();
        return (rows, looked == scanLimit ? last : null);
    }

    public List<(JobId Id, string Tenant)> ReadLeftovers(int limit)
    {
        var statement = database.Statement(SqliteSql.ReadLeftovers);
        statement.Bind(1, limit);
        var leftovers = new List<(JobId, string)>();
        while (statement.Step()) leftovers.Add((statement.Id(0), statement.Text(1)));
        statement.Reset();
        return leftovers;
    }
}
