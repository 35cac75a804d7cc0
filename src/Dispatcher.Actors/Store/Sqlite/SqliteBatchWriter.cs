using Dispatcher.Kernel;
using Dispatcher.Store.GroupCommit;

namespace Dispatcher.Store.Sqlite;

/// <summary>What a batch writes: the fence is read and every append written in one transaction.</summary>
/// <remarks>
/// Each append is checked before its first row is written, so a refused one leaves nothing behind and needs no savepoint:
/// 1. its claims are free; 2. the event before its first is there (a new job has none); 3. its first number is free, which the unique
/// index tells at the insert. Numbers of a job have no gap (invariant), so then all its later numbers are free too. Statements see the
/// earlier appends of their own batch. Before an append with orders of quota writes anything its number is looked at, and then its orders are carried out in
/// memory (<see cref="QuotaBook"/>). If both a claim and the number are in conflict, the claim is reported.
/// </remarks>
internal sealed class SqliteBatchWriter : IBatchWriter
{
    private const int IdBytes = 16;

    private readonly SqliteDatabase _database;
    private readonly Lock _databaseLock;
    private readonly long _incarnation;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _nodeState;
    private readonly SqliteStatement _eventExists;
    private readonly SqliteStatement _insertEvent;
    private readonly SqliteMailWriter _mail;
    private readonly SqliteRowWriter _rows;
    private readonly SqliteDeliveryWriter _deliveries;
    private readonly SqliteQuotaRows _quota;

    /// <param name="databaseLock">Held for each batch; others who write over this connection hold it too.</param>
    public SqliteBatchWriter(SqliteDatabase database, Lock databaseLock, long incarnation)
    {
        _database = database;
        _databaseLock = databaseLock;
        _incarnation = incarnation;
        _begin = database.Statement(SqliteSql.BeginImmediate);
        _commit = database.Statement(SqliteSql.Commit);
        _nodeState = database.Statement(SqliteSql.NodeState);
        _eventExists = database.Statement(SqliteSql.EventExists);
        _insertEvent = database.Statement(SqliteSql.InsertEvent);
        _mail = new SqliteMailWriter(database);
        _rows = new SqliteRowWriter(database);
        _deliveries = new SqliteDeliveryWriter(database);
        _quota = new SqliteQuotaRows(database);
    }

    public void Write(ReadOnlySpan<PendingAppend> batch)
    {
        lock (_databaseLock)
        {
            try
            {
                // A failed disk may have refused the last roll-back too.
                _database.RollBack();
                _begin.Run();
                var alive = IsAlive();
                _mail.BeginBatch();
                _rows.BeginBatch();
                foreach (var append in batch) append.Result = alive ? WriteAppend(append.Request) : AppendResult.Fenced.Instance;
                _rows.EndBatch();
                _commit.Run();
            }
            catch
            {
                _database.RollBack();
                throw;
            }
        }
    }

    public string Explain(Exception failure) => failure.Message;

    private bool IsAlive()
    {
        _nodeState.Bind(1, _incarnation);
        var alive = _nodeState.Step() && _nodeState.Bytes(0).SequenceEqual("alive"u8);
        _nodeState.Reset();
        return alive;
    }

    private AppendResult WriteAppend(AppendRequest request)
    {
        Span<byte> id = stackalloc byte[IdBytes];
        request.JobId.WriteBytes(id);
        for (var i = 0; i < request.Claims.Count; i++)
            if (FindClaim(id, request.Claims[i]) is { } taken) return taken;

        QuotaBook? book = null;
        if (request.Quota.Count > 0)
        {
            if (LastSequenceNr(id) != request.ExpectedSequenceNr) return SequenceConflict(id, request);
            if (Refusal(request, out book) is { } refused) return refused;
        }

        var first = 0L;
        if (request.Events.Count == 0)
        {
            if (LastSequenceNr(id) != request.ExpectedSequenceNr) return SequenceConflict(id, request);
        }
        else
        {
            if (request.ExpectedSequenceNr > 0 && !EventExists(id, request.ExpectedSequenceNr)) return SequenceConflict(id, request);
            if (!InsertEvents(id, request)) return SequenceConflict(id, request);
            first = _database.LastInsertedRowId - request.Events.Count + 1;
        }

        for (var i = 0; i < request.Claims.Count; i++) InsertClaim(id, request.Claims[i]);
        if (book is not null) _quota.Write(book);
        _mail.Consume(id, request);
        if (request.Row is { } row) _rows.Write(id, request, row, _mail.WakeAt(id, row));
        if (request.Snapshot is { } snapshot) UpsertSnapshot(id, request.ExpectedSequenceNr + request.Events.Count, snapshot);
        _deliveries.Write(id, request);
        if (request.Address.Schedule is { } schedule) SqliteCancels.Tell(_database, request, schedule);
        return new AppendResult.Appended(first, _mail.Send(id, request));
    }

    /// <summary>Carries the job's orders out in a book, from which they are written once nothing else can refuse the append.</summary>
    private AppendResult.QuotaRefused? Refusal(AppendRequest request, out QuotaBook book)
    {
        book = new QuotaBook(_quota, StoredTime.Truncate(request.At));
        for (var i = 0; i < request.Quota.Count; i++)
        {
            if (book.Apply(request.Quota[i]) is QuotaResult.Short refused) return new AppendResult.QuotaRefused(refused.Shortage);
        }

        return null;
    }

    private AppendResult.Conflict SequenceConflict(ReadOnlySpan<byte> id, AppendRequest request)
    {
        var actual = LastSequenceNr(id);
        Check.That(actual != request.ExpectedSequenceNr);
        return new AppendResult.Conflict(actual, Claim: null, ClaimedBy: null);
    }

    private bool EventExists(ReadOnlySpan<byte> id, long sequenceNr)
    {
        _eventExists.Bind(1, id);
        _eventExists.Bind(2, sequenceNr);
        var exists = _eventExists.Step();
        _eventExists.Reset();
        return exists;
    }

    private bool InsertEvents(ReadOnlySpan<byte> id, AppendRequest request)
    {
        _insertEvent.Bind(1, id);
        _insertEvent.Bind(3, _incarnation);
        for (var i = 0; i < request.Events.Count; i++)
        {
            var @event = request.Events[i];
            _insertEvent.Bind(2, request.ExpectedSequenceNr + 1 + i);
            _insertEvent.Bind(4, StoredTime.ToMicroseconds(@event.At));
            _insertEvent.Bind(5, @event.Type);
            _insertEvent.Bind(6, @event.Payload.Span);
            if (_insertEvent.TryInsert()) continue;
            Check.That(i == 0);
            return false;
        }

        return true;
    }

    private void UpsertSnapshot(ReadOnlySpan<byte> id, long sequenceNr, EncodedSnapshot snapshot)
    {
        var statement = _database.Statement(SqliteSql.UpsertSnapshot);
        statement.Bind(1, id);
        statement.Bind(2, sequenceNr);
        statement.Bind(3, snapshot.Version);
        statement.Bind(4, snapshot.Payload.Span);
        statement.Run();
    }

    private AppendResult.Conflict? FindClaim(ReadOnlySpan<byte> id, Claim claim)
    {
        var statement = _database.Statement(SqliteSql.ClaimHolder);
        statement.Bind(1, claim.Kind);
        statement.Bind(2, claim.Key);
        var taken = statement.Step() ? new AppendResult.Conflict(LastSequenceNr(id), claim, statement.Id(0), statement.TextOrNull(1)) : null;
        statement.Reset();
        return taken;
    }

    private void InsertClaim(ReadOnlySpan<byte> id, Claim claim)
    {
        var statement = _database.Statement(SqliteSql.InsertClaim);
        statement.Bind(1, claim.Kind);
        statement.Bind(2, claim.Key);
        statement.Bind(3, id);
        statement.Bind(4, claim.Fingerprint);
        statement.Run();
    }

    private long LastSequenceNr(ReadOnlySpan<byte> id)
    {
        var statement = _database.Statement(SqliteSql.LastSequenceNr);
        statement.Bind(1, id);
        statement.Step();
        var last = statement.IsNull(0) ? 0 : statement.Int64(0);
        statement.Reset();
        return last;
    }
}
