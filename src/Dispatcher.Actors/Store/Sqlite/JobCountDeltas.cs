using Dispatcher.Jobs;

namespace Dispatcher.Store.Sqlite;

/// <summary>How a transaction moves the counters: collected, then written once a counter. Dropped with its transaction.</summary>
internal sealed class JobCountDeltas
{
    private readonly Dictionary<(string Tenant, string Workflow, JobStatus Status), long> _deltas = [];

    public void Clear() => _deltas.Clear();

    /// <summary>A job of this row moves from one status to another; <see cref="JobStatus.None"/> is before its first and after its deletion.</summary>
    public void Move(JobRow row, JobStatus from, JobStatus to)
    {
        if (from == to) return;
        if (from != JobStatus.None) Add(row, from, -1);
        if (to != JobStatus.None) Add(row, to, 1);
    }

    public void Write(SqliteDatabase database)
    {
        foreach (var ((tenant, workflow, status), jobs) in _deltas)
        {
            if (jobs == 0) continue;
            var statement = database.Statement(SqliteSql.MoveCount);
            statement.Bind(1, tenant);
            statement.Bind(2, workflow);
            statement.Bind(3, status.ToText());
            statement.Bind(4, jobs);
            statement.Run();
        }

        _deltas.Clear();
    }

    private void Add(JobRow row, JobStatus status, long jobs)
    {
        var key = (row.Tenant, row.WorkflowName, status);
        _deltas[key] = _deltas.GetValueOrDefault(key) + jobs;
    }
}
