using Dispatcher.Jobs;

namespace Dispatcher.Store.Sqlite;

/// <summary>Writes how a transaction moved the counters.</summary>
internal static class SqliteCounts
{
    public static void Write(SqliteDatabase database, JobCountDeltas deltas)
    {
        foreach (var (tenant, workflow, status, jobs) in deltas.Changes)
        {
            var statement = database.Statement(SqliteSql.MoveCount);
            statement.Bind(1, tenant);
            statement.Bind(2, workflow);
            statement.Bind(3, status.ToText());
            statement.Bind(4, jobs);
            statement.Run();
        }

        deltas.Clear();
    }
}
