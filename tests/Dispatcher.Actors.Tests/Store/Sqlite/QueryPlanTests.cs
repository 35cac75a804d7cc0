using System.Reflection;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;

namespace Dispatcher.Actors.Tests.Store.Sqlite;

/// <summary>No statement reads a whole table, counts or sorts one: its cost must not grow with the number of jobs that ever ran.</summary>
public sealed class QueryPlanTests
{
    private static readonly string[] Verbs = ["SELECT", "INSERT", "UPDATE", "DELETE"];

    /// <summary>What is read as a whole on purpose: a few rows a workflow, a few keys a tenant, a row a start, the terms of one job.</summary>
    private static readonly string[] SmallTables = ["SCAN job_counts", "SCAN api_keys", "SCAN nodes", "SCAN json_each"];

    /// <summary>What a check of the whole store asks on somebody's order, and no service while it serves: it reads everything, that is its purpose.</summary>
    private static readonly string[] Inspections = [nameof(SqliteSql.JobIdsInOrder), nameof(SqliteSql.CompareCounts), nameof(SqliteSql.Strays), nameof(SqliteSql.CheckAccounts)];

    /// <summary>The accounts of a tenant, whose number has a limit, when one is added.</summary>
    private static readonly string[] Counts = [nameof(SqliteSql.CountAccounts)];

    public static TheoryData<string> Statements() =>
    [
        .. typeof(SqliteSql).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => !Inspections.Contains(field.Name) && !Counts.Contains(field.Name))
            .Select(field => (string)field.GetValue(null)!)
            .Where(sql => Verbs.Any(verb => sql.StartsWith(verb, StringComparison.Ordinal))),
    ];

    [Theory]
    [MemberData(nameof(Statements))]
    public void Statement_SearchesAnIndex_AndNeverScansCountsOrSorts(string sql)
    {
        var steps = Plan(sql).Split('\n').Where(step => !SmallTables.Any(table => step.StartsWith(table, StringComparison.Ordinal)));
        Assert.DoesNotContain(steps, step => step.Contains("SCAN", StringComparison.Ordinal));
        Assert.DoesNotContain(steps, step => step.Contains("TEMP B-TREE", StringComparison.Ordinal));
        Assert.DoesNotContain("count(", sql, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(null, null, null, null, "PRIMARY KEY (job_id>? AND job_id<?)")]
    [InlineData("acme", null, null, null, "COVERING INDEX jobs_by_tenant (tenant=? AND job_id>? AND job_id<?)")]
    [InlineData("acme", JobStatus.Completed, null, null, "COVERING INDEX jobs_by_tenant (tenant=? AND job_id>? AND job_id<?)")]
    [InlineData("acme", JobStatus.Running, null, null, "COVERING INDEX jobs_open (tenant=? AND job_id>? AND job_id<?)")]
    [InlineData("acme", JobStatus.Queued, "render", null, "COVERING INDEX jobs_open (tenant=? AND job_id>? AND job_id<?)")]
    [InlineData("acme", JobStatus.Failed, "render", null, "COVERING INDEX jobs_at_rest (tenant=? AND status=? AND job_id>? AND job_id<?)")]
    [InlineData("acme", null, "render", null, "job_terms USING PRIMARY KEY (tenant=? AND term=? AND job_id>? AND job_id<?)")]
    [InlineData("acme", JobStatus.Completed, "render", null, "job_terms USING PRIMARY KEY (tenant=? AND term=? AND job_id>? AND job_id<?)")]
    [InlineData("acme", JobStatus.Failed, "render", "label=x", "job_terms USING PRIMARY KEY (tenant=? AND term=? AND job_id>? AND job_id<?)")]
    public void ListJobs_WalksTheNarrowestIndex_OfItsFilters(string? tenant, JobStatus? status, string? workflow, string? term, string index)
    {
        var query = new JobQuery { Tenant = tenant, Status = status, WorkflowName = workflow, Terms = term is null ? [] : [term] };
        Assert.Contains(index, Plan(SqliteListWalk.Of(query).Sql), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SqliteSql.ReadDue)]
    [InlineData(SqliteSql.WakeUpsAfter)]
    public void DueJobs_AreFound_ByTheirPartialIndex(string sql) =>
        Assert.Contains("COVERING INDEX jobs_by_wake_at", Plan(sql), StringComparison.Ordinal);

    private static string Plan(string sql)
    {
        using var directory = new TemporaryDirectory();
        using var database = SqliteDatabase.Open(DataDirectory.DatabaseFile(directory.Path), readOnly: false);
        SqliteMigrations.Apply(database, DateTimeOffset.UnixEpoch);

        var steps = new List<string>();
        var plan = database.Statement("EXPLAIN QUERY PLAN " + sql);
        while (plan.Step()) steps.Add(plan.Text(3));
        return string.Join('\n', steps);
    }
}
