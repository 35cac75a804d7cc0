using Dispatcher.Jobs;

namespace Dispatcher.Store.Sqlite;

/// <summary>What a check of the whole store reads.</summary>
internal sealed partial class SqliteReader
{
    public List<JobId> ReadJobIds(JobId? after, int limit)
    {
        var statement = database.Statement(SqliteSql.JobIdsInOrder);
        if (after is { } id) statement.Bind(1, id);
        else statement.Bind(1, ReadOnlySpan<byte>.Empty);
        statement.Bind(2, limit);
        var ids = new List<JobId>();
        while (statement.Step()) ids.Add(statement.Id(0));
        statement.Reset();
        return ids;
    }

    public TResult InspectJob<TResult>(JobId id, Func<StoredJob, IEnumerable<StoredEvent>, TResult> examine)
    {
        using var state = OneState();
        var (row, fault) = RowOrFault(id);
        var (snapshot, sequenceNr) = Snapshot(id);
        var hasTerm = row is null || HasTerm(row);
        var job = new StoredJob(id, row, fault, EndOf(id), snapshot, sequenceNr, SendersOfMail(id), Watching(id), hasTerm);
        var events = Events(id).GetEnumerator();
        try
        {
            return examine(job, Once(events));
        }
        finally
        {
            // However far the examiner came: an open statement would keep the transaction open.
            events.Dispose();
        }
    }

    public List<CountDifference> CompareCounts()
    {
        var statement = database.Statement(SqliteSql.CompareCounts);
        var differences = new List<CountDifference>();
        while (statement.Step())
            differences.Add(new CountDifference(statement.Text(0), statement.Text(1), statement.Text(2), statement.Int64(3), statement.Int64(4)));
        statement.Reset();
        return differences;
    }

    public List<StoredNode> ReadNodes()
    {
        var statement = database.Statement(SqliteSql.Nodes);
        var nodes = new List<StoredNode>();
        while (statement.Step()) nodes.Add(new StoredNode(statement.Int64(0), statement.Time(1), statement.Text(2)));
        statement.Reset();
        return nodes;
    }

    public List<StrayRow> ReadStrays(int limit)
    {
        var statement = database.Statement(SqliteSql.Strays);
        statement.Bind(1, limit);
        var strays = new List<StrayRow>();
        while (statement.Step()) strays.Add(new StrayRow(statement.Text(0), statement.Id(1)));
        statement.Reset();
        return strays;
    }

    public List<string> CheckIntegrity(bool quick, int limit)
    {
        var statement = database.Statement(SqliteSql.Integrity(quick, limit));
        var faults = new List<string>();
        while (statement.Step())
            if (statement.Text(0) is not "ok" and var fault) faults.Add(fault);
        statement.Reset();
        return faults;
    }

    private (JobRow? Row, string? Fault) RowOrFault(JobId id)
    {
        try
        {
            return (FindJob(id), null);
        }
        catch (Exception failure) when (failure is not SqliteFailure)
        {
            database.Statement(SqliteSql.FindJob).Reset();
            return (null, failure.Message);
        }
    }

    private bool HasTerm(JobRow row)
    {
        var statement = database.Statement(SqliteSql.HasTerm);
        statement.Bind(1, row.Tenant);
        statement.Bind(2, row.WorkflowName);
        statement.Bind(3, row.Id);
        var has = statement.Step();
        statement.Reset();
        return has;
    }

    private DateTimeOffset? EndOf(JobId id)
    {
        var statement = database.Statement(SqliteSql.EndOfJob);
        statement.Bind(1, id);
        var end = statement.Step() ? statement.TimeOrNull(0) : null;
        statement.Reset();
        return end;
    }

    private List<JobId> SendersOfMail(JobId id)
    {
        var statement = database.Statement(SqliteSql.SendersOfMail);
        statement.Bind(1, id);
        var senders = new List<JobId>();
        while (statement.Step()) senders.Add(statement.Id(0));
        statement.Reset();
        return senders;
    }

    private List<StoredWatch> Watching(JobId id)
    {
        var statement = database.Statement(SqliteSql.WatchedWithStatus);
        statement.Bind(1, id);
        var watches = new List<StoredWatch>();
        while (statement.Step())
        {
            JobStatus? status = statement.TextOrNull(2) is { } text && KebabCaseEnumConverter<JobStatus>.TryParse(text, out var known) ? known : null;
            watches.Add(new StoredWatch(statement.Id(0), statement.Text(1), status));
        }

        statement.Reset();
        return watches;
    }

    private IEnumerable<StoredEvent> Events(JobId id)
    {
        var statement = database.Statement(SqliteSql.ReadEvents);
        statement.Bind(1, id);
        statement.Bind(2, long.MinValue);
        statement.Bind(3, -1);
        try
        {
            while (statement.Step()) yield return Event(statement);
        }
        finally
        {
            statement.Reset();
        }
    }

    private static IEnumerable<StoredEvent> Once(IEnumerator<StoredEvent> events)
    {
        while (events.MoveNext()) yield return events.Current;
    }
}
