using System.Reflection;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;

namespace Dispatcher.Actors.Tests.Store.Sqlite;

/// <summary>No statement of the store reads a whole table or sorts one: its cost must not grow with the number of jobs that ever ran.</summary>
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
        using var directory = new TemporaryDirectory();
        using var database = SqliteDatabase.Open(DataDirectory.DatabaseFile(directory.Path), readOnly: false);
        SqliteMigrations.Apply(database, DateTimeOffset.UnixEpoch);

        var plan = database.Statement("EXPLAIN QUERY PLAN " + sql);
        while (plan.Step())
        {
            var step = plan.Text(3);
            Assert.DoesNotContain("SCAN", step, StringComparison.Ordinal);
            Assert.DoesNotContain("TEMP B-TREE", step, StringComparison.Ordinal);
        }
    }
}
