using Dispatcher.Jobs;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>Which index a list walks: the narrowest that its filters allow, as on SQLite.</summary>
internal sealed class PostgresListWalk(PostgresDatabase database)
{
    public NpgsqlBatchCommand Command(JobQuery query)
    {
        if (query.Terms.Count > 0) return ByTerm(query, query.Terms[0], [.. query.Terms.Skip(1).Distinct(StringComparer.Ordinal)]);
        if (query.Tenant is null) return With(PostgresSql.JobsOfAll, query);
        switch (query.Status)
        {
            case JobStatus.Queued or JobStatus.Running:
                return With(PostgresSql.OpenJobs, query, query.Tenant);
            case { } status and not JobStatus.Completed:
                return With(PostgresSql.JobsAtRest, query, query.Tenant, status.ToText());
            default:
                return query.WorkflowName is { } workflow ? ByTerm(query, workflow, []) : With(PostgresSql.JobsOfTenant, query, query.Tenant);
        }
    }

    private NpgsqlBatchCommand ByTerm(JobQuery query, string term, string[] others)
    {
        var command = With(PostgresSql.JobsByTerm, query, query.Tenant!, term);
        command.Bind([.. others.Select(PostgresText.Clean)]);
        return command;
    }

    private NpgsqlBatchCommand With(string sql, JobQuery query, params ReadOnlySpan<string> keys)
    {
        var (from, before) = JobIdRange.Of(query);
        var command = new NpgsqlBatchCommand(database.Sql(sql));
        command.Bind(before).Bind(from).Bind((long)query.ScanLimit).Bind((long)query.Limit).Bind(query.Status?.ToText()).Bind(query.WorkflowName);
        foreach (var key in keys) command.Bind(key);
        return command;
    }
}
