using Dispatcher.Jobs;

namespace Dispatcher.Store.Sqlite;

/// <summary>The read model, as a batch writes it: rows, the terms by which new jobs are found, and the counters.</summary>
internal sealed class SqliteRowWriter(SqliteDatabase database)
{
    private readonly JobCountDeltas _counts = new();
    private readonly SqliteStatement _upsert = database.Statement(SqliteSql.UpsertJob);
    private readonly SqliteStatement _upsertWithEnd = database.Statement(SqliteSql.UpsertJobAndItsEnd);
    private readonly SqliteStatement _insertTerm = database.Statement(SqliteSql.InsertTerm);

    public void BeginBatch() => _counts.Clear();

    public void EndBatch() => SqliteCounts.Write(database, _counts);

    public void Write(ReadOnlySpan<byte> id, AppendRequest request, JobRow row, DateTimeOffset? wakeAt)
    {
        var endChanges = row.Status.IsTerminal() || request.StatusBefore.IsTerminal();
        Upsert(endChanges ? _upsertWithEnd : _upsert, id, row, wakeAt, request.Terms);
        if (request.ExpectedSequenceNr == 0) InsertTerms(id, row, request.Terms);
        _counts.Move(row, request.StatusBefore, row.Status);
    }

    private static void Upsert(SqliteStatement statement, ReadOnlySpan<byte> id, JobRow row, DateTimeOffset? wakeAt, IReadOnlyList<string> terms)
    {
        statement.Bind(1, id);
        statement.Bind(2, row.Tenant);
        statement.Bind(3, row.WorkflowName);
        statement.Bind(4, row.WorkflowVersion);
        statement.Bind(5, row.Status.ToText());
        statement.Bind(6, row.Priority);
        statement.Bind(7, row.CreatedAt);
        statement.Bind(8, row.UpdatedAt);
        statement.Bind(9, wakeAt);
        statement.Bind(10, row.WaitsFor);
        statement.Bind(11, row.CorrelationId);
        if (row.Labels is { Count: > 0 } labels) statement.BindText(12, StoredText.EncodeLabels(labels));
        else statement.BindNull(12);
        if (row.Status.IsTerminal()) statement.Bind(13, row.UpdatedAt);
        else statement.BindNull(13);
        if (HasTermsBeside(row.WorkflowName, terms)) statement.BindText(14, StoredText.EncodeTerms(terms));
        else statement.BindNull(14);
        statement.Run();
    }

    private void InsertTerms(ReadOnlySpan<byte> id, JobRow row, IReadOnlyList<string> terms)
    {
        _insertTerm.Bind(1, row.Tenant);
        _insertTerm.Bind(3, id);
        _insertTerm.Bind(2, row.WorkflowName);
        _insertTerm.Run();
        for (var i = 0; i < terms.Count; i++)
        {
            if (string.Equals(terms[i], row.WorkflowName, StringComparison.Ordinal)) continue;
            _insertTerm.Bind(2, terms[i]);
            _insertTerm.Run();
        }
    }

    private static bool HasTermsBeside(string workflow, IReadOnlyList<string> terms) =>
        terms.Count > 1 || (terms.Count == 1 && !string.Equals(terms[0], workflow, StringComparison.Ordinal));
}
