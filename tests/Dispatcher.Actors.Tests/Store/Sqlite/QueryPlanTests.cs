using System.Reflection;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;

namespace Dispatcher.Actors.Tests.Store.Sqlite;

/// <summary>No statement reads a whole table or sorts one: its cost must not grow with the number of jobs that ever ran.</summary>
public sealed class QueryPlanTests
{
    public static TheoryData<string> Statements()
    {
        var constants = typeof(SqliteSql).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => (string)field.GetValue(null)!)
            .Where(sql => sql.StartsWith("SELECT", StringComparison.Ordinal) || sql.StartsWith("INSERT", StringComparison.Ordinal));
        var lists =
            from tenant in new[] { null, "acme" }
            from status in new JobStatus?[] { null, JobStatus.Failed }
            from workflow in new[] { null, "render" }
            select SqliteSql.ListJobs(new JobQuery { Tenant = tenant, Status = status, WorkflowName = workflow });
        return [.. constants, .. lists];
    }

    [Theory]
    [MemberData(nameof(Statements))]
    public void Statement_SearchesAnIndex_AndNeverScansOrSorts(string sql)
    {
        var plan = Plan(sql);
        Assert.DoesNotContain("SCAN", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("acme", null, "jobs_by_tenant (tenant=? AND job_id<?)")]
    [InlineData("acme", JobStatus.Running, "jobs_by_tenant (tenant=? AND job_id<?)")]
    [InlineData("acme", JobStatus.Failed, "jobs_at_rest (tenant=? AND status=? AND job_id<?)")]
    [InlineData(null, null, "PRIMARY KEY (job_id<?)")]
    public void ListJobs_ReadsOnlyWhatItsFilterNeeds(string? tenant, JobStatus? status, string index) =>
        Assert.Contains(index, Plan(SqliteSql.ListJobs(new JobQuery { Tenant = tenant, Status = status })), StringComparison.Ordinal);

    [Theory]
    [InlineData(SqliteSql.ReadDue)]
    [InlineData(SqliteSql.NextWakeUp)]
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
