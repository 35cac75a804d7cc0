using Dispatcher.Jobs;

namespace Dispatcher.Store.Sqlite;

/// <summary>Which index a list walks: the narrowest that its filters allow. What the index does not tell is checked row by row.</summary>
/// <param name="Value">The statement's fourth parameter, if it has one: a status or a term.</param>
internal readonly record struct SqliteListWalk(string Sql, string? Value = null)
{
    public static SqliteListWalk Of(JobQuery query)
    {
        if (query.Terms.Count > 0) return new SqliteListWalk(SqliteSql.JobsByTerm, query.Terms[0]);
        if (query.Tenant is null) return new SqliteListWalk(SqliteSql.JobsOfAll);
        return query.Status switch
        {
            JobStatus.Queued or JobStatus.Running => new SqliteListWalk(SqliteSql.OpenJobs),
            { } status and not JobStatus.Completed => new SqliteListWalk(SqliteSql.JobsAtRest, status.ToText()),
            _ when query.WorkflowName is { } workflow => new SqliteListWalk(SqliteSql.JobsByTerm, workflow),
            _ => new SqliteListWalk(SqliteSql.JobsOfTenant),
        };
    }
}
