using System.Data;
using Dispatcher.Kernel;
using Dispatcher.Store.GroupCommit;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>
/// What a batch writes: one call of <c>commit_batch</c> over a connection of the writer's own, so that fence, events and all that belongs to them go in one round
/// trip and one transaction.
/// </summary>
/// <remarks>
/// 1. A batch is cut into runs (<see cref="PostgresRun"/>), nearly always one. 2. Appends in conflict are answered, and the rest is written again. 3. What the
/// database has undone because of others is tried again. 4. A run that the database refuses for what is in it is written append by append, so that one
/// fails alone. 5. All else, the connection's end above all, is thrown: what has landed is unknown then.
/// </remarks>
internal sealed class PostgresBatchWriter(PostgresDatabase database, PostgresOpening opening, int shardCount) : IBatchWriter, IDisposable
{
    private readonly PostgresBatch _batch = new(opening.Incarnation, opening.OrderingOffset, shardCount);
    private readonly PostgresRun _run = new();
    private readonly List<PendingAppend> _alone = [];
    private NpgsqlConnection? _connection;

    /// <summary>Transactions that were begun again because of others; for tests.</summary>
    public int Retries { get; private set; }

    public void Write(ReadOnlySpan<PendingAppend> batch)
    {
        foreach (var append in batch)
        {
            if (_run.TryAdd(append)) continue;
            WriteRun();
            Check.That(_run.TryAdd(append));
        }

        WriteRun();
    }

    public string Explain(Exception failure) => PostgresFailure.Is(failure) ? PostgresFailure.Describe(failure) : failure.Message;

    public void Dispose() => Disconnect();

    private void WriteRun()
    {
        try
        {
            Write(_run.Appends);
        }
        catch (PostgresException failure) when (_run.Appends.Count > 1 && PostgresFailure.IsOfOneAppend(failure))
        {
            foreach (var append in _run.Appends)
                if (append.Result is null) WriteAlone(append);
        }
        finally
        {
            _run.Clear();
        }
    }

    private void WriteAlone(PendingAppend append)
    {
        _alone.Clear();
        _alone.Add(append);
        try
        {
            Write(_alone);
        }
        catch (PostgresException failure) when (PostgresFailure.IsOfOneAppend(failure))
        {
            append.Result = new AppendResult.Unknown(Explain(failure));
        }
    }

    /// <summary>Writes appends that fit into a run; those that are answered leave the list.</summary>
    private void Write(List<PendingAppend> appends)
    {
        while (appends.Count > 0)
        {
            var outcome = Commit(appends);
            if (outcome.Alive && outcome.IsConflict)
            {
                outcome.AnswerConflicts(appends);
                appends.RemoveAll(append => append.Result is not null);
                continue;
            }

            if (outcome.Alive) outcome.AnswerAppended(appends);
            else appends.ForEach(append => append.Result = AppendResult.Fenced.Instance);
            return;
        }
    }

    private PostgresOutcome Commit(List<PendingAppend> appends)
    {
        _batch.Fill(appends);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return Call();
            }
            catch (PostgresException failure) when (attempt < PostgresDatabase.AttemptLimit && PostgresFailure.IsWorthAnotherTry(failure))
            {
                Retries++;
            }
        }
    }

    /// <summary>One round trip. The transaction has ended when the server is ready for the next statement, so the answer is read to its end.</summary>
    private PostgresOutcome Call()
    {
        try
        {
            using var command = _batch.Command(database, Connection());
            using var reader = command.ExecuteReader();
            Check.That(reader.Read());
            var outcome = PostgresOutcome.Read(reader);
            Check.That(!reader.Read());
            Check.That(!reader.NextResult());
            return outcome;
        }
        catch (Exception failure) when (!PostgresFailure.IsRefusal(failure) || PostgresFailure.IsStatementLost(failure))
        {
            if (PostgresFailure.IsStatementLost(failure) && _connection is not null) NpgsqlConnection.ClearPool(_connection);
            Disconnect();
            throw;
        }
    }

    /// <summary>Npgsql gives a connection up by itself after some refusals too, such as a full disk.</summary>
    private NpgsqlConnection Connection()
    {
        if (_connection is { State: not ConnectionState.Open }) Disconnect();
        return _connection ??= database.ConnectBlocking();
    }

    private void Disconnect()
    {
        _connection?.Dispose();
        _connection = null;
    }
}
