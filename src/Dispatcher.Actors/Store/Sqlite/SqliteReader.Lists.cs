using Dispatcher.Jobs;

namespace Dispatcher.Store.Sqlite;

/// <summary>Lists and counters.</summary>
internal sealed partial class SqliteReader
{
    /// <summary>Walks one index and looks at the row of each entry, until the page is full or has cost enough.</summary>
    public JobPage ListJobs(JobQuery query)
    {
        using var state = OneState();
        var rows = new List<JobRow>();
        var entries = 0;
        JobId? next = null;
        var walk = Walk(query);
        while (next is null && walk.Step())
        {
            var id = walk.Id(0);
            if (HasOtherTerms(query, id) && FindJob(id) is { } row && Passes(row, query)) rows.Add(row);
            if (++entries == query.ScanLimit || rows.Count == query.Limit) next = id;
        }

        walk.Reset();
        return new JobPage(rows, next);
    }

    public List<JobRow> FindJobs(IReadOnlyList<JobId> ids)
    {
        using var state = OneState();
        var rows = new List<JobRow>(ids.Count);
        foreach (var id in ids)
            if (FindJob(id) is { } row) rows.Add(row);
        return rows;
    }

    public List<JobRow?> FindNewest(IReadOnlyList<NewestJobQuery> queries)
    {
        using var state = OneState();
        var rows = new List<JobRow?>(queries.Count);
        foreach (var query in queries) rows.Add(FindNewest(query));
        return rows;
    }

    private JobRow? FindNewest(NewestJobQuery query)
    {
        var walk = Walk(new JobQuery { Tenant = query.Tenant, Terms = [query.Term] });
        JobRow? found = null;
        for (var entries = 0; found is null && entries < NewestJobQuery.ScanLimit && walk.Step(); entries++)
        {
            if (FindJob(walk.Id(0)) is { } row && query.Fits(row)) found = row;
        }

        walk.Reset();
        return found;
    }

    public List<JobCount> CountJobs(string? tenant)
    {
        var counts = new List<JobCount>();
        var statement = database.Statement(tenant is null ? SqliteSql.ReadAllCounts : SqliteSql.ReadCounts);
        if (tenant is not null) statement.Bind(1, tenant);
        while (statement.Step())
        {
            var jobs = statement.Int64(3);
            if (jobs != 0) counts.Add(new JobCount(statement.Text(0), statement.Text(1), StoredText.Status<JobStatus>(statement.Text(2)), jobs));
        }

        statement.Reset();
        return counts;
    }

    private SqliteStatement Walk(JobQuery query)
    {
        var (sql, value) = SqliteListWalk.Of(query);
        var (from, before) = JobIdRange.Of(query);
        var statement = database.Statement(sql);
        statement.Bind(1, before);
        statement.Bind(2, from);
        if (query.Tenant is { } tenant) statement.Bind(3, tenant);
        if (value is not null) statement.Bind(4, value);
        return statement;
    }

    /// <summary>The first term is the one whose index is walked.</summary>
    private bool HasOtherTerms(JobQuery query, JobId id)
    {
        for (var i = 1; i < query.Terms.Count; i++)
        {
            var statement = database.Statement(SqliteSql.HasTerm);
            statement.Bind(1, query.Tenant);
            statement.Bind(2, query.Terms[i]);
            statement.Bind(3, id);
            var has = statement.Step();
            statement.Reset();
            if (!has) return false;
        }

        return true;
    }

    private static bool Passes(JobRow row, JobQuery query) =>
        (query.Status is null || row.Status == query.Status)
        && (query.WorkflowName is null || string.Equals(row.WorkflowName, query.WorkflowName, StringComparison.Ordinal));
}
