using System.Text;
using Dispatcher.Jobs;
using Dispatcher.Kernel;

namespace Dispatcher.Store.Sqlite;

/// <summary>The queries, over one connection. Those of several statements run in one read transaction: they see one state.</summary>
internal sealed partial class SqliteReader(SqliteDatabase database) : IDisposable
{
    /// <summary>As many event names as are kept, so that a replay does not make one string an event.</summary>
    private const int KnownTypesLimit = 1000;

    private readonly Dictionary<int, (byte[] Utf8, string Text)> _knownTypes = [];

    public JobHistory? ReadHistory(JobId id)
    {
        using var snapshot = OneState();
        return Found(id);
    }

    public JobHistory?[] ReadHistories(IReadOnlyList<JobId> ids)
    {
        using var snapshot = OneState();
        return [.. ids.Select(Found)];
    }

    public List<StoredEvent> ReadEvents(JobId id, long afterSequenceNr, long limit)
    {
        var events = new List<StoredEvent>();
        var statement = database.Statement(SqliteSql.ReadEvents);
        statement.Bind(1, id);
        statement.Bind(2, afterSequenceNr);
        statement.Bind(3, limit);
        while (statement.Step()) events.Add(Event(statement));
        statement.Reset();
        return events;
    }

    /// <summary>
    /// A statement a job beside the one of the page: within a process that costs no round trip, and keeps the order. Jobs of other shards are passed over:
    /// one process owns all of them, so they are asked for in tests alone.
    /// </summary>
    public List<DueJob> ReadDue(DateTimeOffset dueAt, DueCursor? after, int limit, ShardSet? shards)
    {
        using var snapshot = OneState();
        var due = new List<DueJob>();
        var statement = database.Statement(SqliteSql.ReadDue);
        statement.Bind(1, StoredTime.ToMicroseconds(dueAt));
        statement.Bind(2, after is null ? long.MinValue : StoredTime.ToMicroseconds(after.WakeAt));
        statement.Bind(3, after?.Id ?? default);
        statement.Bind(4, shards is null ? limit : -1);
        while (due.Count < limit && statement.Step())
        {
            var id = statement.Id(1);
            if (shards?.Contains(id) == false) continue;
            var history = History(id);
            Check.That(history.Snapshot is not null || history.Events.Count > 0);
            due.Add(new DueJob(statement.Time(0), history));
        }

        statement.Reset();
        return due;
    }

    public DateTimeOffset? NextWakeUp(DateTimeOffset after, ShardSet? shards)
    {
        var statement = database.Statement(SqliteSql.WakeUpsAfter);
        statement.Bind(1, StoredTime.ToMicroseconds(after));
        DateTimeOffset? next = null;
        while (next is null && statement.Step())
            if (shards is null || shards.Contains(statement.Id(1))) next = statement.Time(0);
        statement.Reset();
        return next;
    }

    public JobRow? FindJob(JobId id) => FindJob(database, id);

    /// <summary>Over any connection, also the writer's own.</summary>
    public static JobRow? FindJob(SqliteDatabase database, JobId id)
    {
        var statement = database.Statement(SqliteSql.FindJob);
        statement.Bind(1, id);
        var row = statement.Step() ? Row(statement) : null;
        statement.Reset();
        return row;
    }

    public JobId? FindHolder(Claim claim)
    {
        var statement = database.Statement(SqliteSql.ClaimHolder);
        statement.Bind(1, claim.Kind);
        statement.Bind(2, claim.Key);
        JobId? holder = statement.Step() ? statement.Id(0) : null;
        statement.Reset();
        return holder;
    }

    public List<JobId?> FindHolders(IReadOnlyList<Claim> claims)
    {
        using var state = OneState();
        var holders = new List<JobId?>(claims.Count);
        foreach (var claim in claims) holders.Add(FindHolder(claim));
        return holders;
    }

    public void Dispose() => database.Dispose();

    /// <summary>Until it is disposed, all statements see the state of the first.</summary>
    private ReadTransaction OneState()
    {
        database.Statement(SqliteSql.Begin).Run();
        return new ReadTransaction(database);
    }

    private JobHistory? Found(JobId id)
    {
        var history = History(id);
        return history.Snapshot is null && history.Events.Count == 0 ? null : history;
    }

    private JobHistory History(JobId id)
    {
        var (snapshot, sequenceNr) = Snapshot(id);
        return new JobHistory(id, snapshot, sequenceNr, ReadEvents(id, sequenceNr, limit: -1)) { Inbox = ReadInbox(id) };
    }

    private (EncodedSnapshot? Snapshot, long SequenceNr) Snapshot(JobId id)
    {
        var statement = database.Statement(SqliteSql.ReadSnapshot);
        statement.Bind(1, id);
        EncodedSnapshot? snapshot = null;
        var sequenceNr = 0L;
        if (statement.Step())
        {
            sequenceNr = statement.Int64(0);
            snapshot = new EncodedSnapshot((int)statement.Int64(1), statement.Bytes(2).ToArray());
        }

        statement.Reset();
        return (snapshot, sequenceNr);
    }

    private StoredEvent Event(SqliteStatement statement) =>
        new(
            statement.Int64(0),
            statement.Int64(1),
            statement.Int64(2),
            TypeName(statement.Bytes(3)),
            statement.Time(4),
            statement.Bytes(5).ToArray());

    private string TypeName(ReadOnlySpan<byte> utf8)
    {
        var hash = new HashCode();
        hash.AddBytes(utf8);
        var key = hash.ToHashCode();
        if (_knownTypes.TryGetValue(key, out var known) && utf8.SequenceEqual(known.Utf8)) return known.Text;
        var text = Encoding.UTF8.GetString(utf8);
        if (_knownTypes.Count < KnownTypesLimit) _knownTypes[key] = (utf8.ToArray(), text);
        return text;
    }

    private static JobRow Row(SqliteStatement statement) => new()
    {
        Id = statement.Id(0),
        Tenant = statement.Text(1),
        WorkflowName = statement.Text(2),
        WorkflowVersion = (int)statement.Int64(3),
        Status = StoredText.Status<JobStatus>(statement.Text(4)),
        Priority = (int)statement.Int64(5),
        CreatedAt = statement.Time(6),
        UpdatedAt = statement.Time(7),
        WakeAt = statement.TimeOrNull(8),
        WaitsFor = statement.TextOrNull(9),
        CorrelationId = statement.TextOrNull(10),
        Labels = statement.IsNull(11) ? null : StoredText.DecodeLabels(statement.Bytes(11)),
    };

    private readonly struct ReadTransaction(SqliteDatabase database) : IDisposable
    {
        public void Dispose() => database.Statement(SqliteSql.Commit).Run();
    }
}
