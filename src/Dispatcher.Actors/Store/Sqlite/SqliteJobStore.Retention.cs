using Dispatcher.Jobs;

namespace Dispatcher.Store.Sqlite;

/// <summary>Deleting what is old.</summary>
public sealed partial class SqliteJobStore
{
    private static readonly string[] DeletedWithAJob =
    [
        SqliteSql.DeleteEvents, SqliteSql.DeleteSnapshot, SqliteSql.DeleteClaims, SqliteSql.DeleteWatchesOfWatched, SqliteSql.DeleteWatchesOfWatcher,
        SqliteSql.DeleteDeliveries, SqliteSql.ClearInbox, SqliteSql.DeleteJob,
    ];

    public ValueTask<(IReadOnlyList<JobRow> Rows, JobId? Next)> ReadEnded(DateTimeOffset endedBefore, JobStatus? status, JobId? after, int scanLimit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(scanLimit);
        return _readers.Read<(DateTimeOffset EndedBefore, JobStatus? Status, JobId? After, int Limit), (IReadOnlyList<JobRow>, JobId?)>(
            (endedBefore, status, after, scanLimit), static (reader, page) => reader.ReadEnded(page.EndedBefore, page.Status, page.After, page.Limit));
    }

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<IReadOnlyList<JobId>> DeleteJobs(IReadOnlyList<JobId> ids)
    {
        ReadValidation.Validate(ids);
        return Write<IReadOnlyList<JobId>, IReadOnlyList<JobId>>(ids, static (database, ids) => Delete(database, ids));
    }

    public ValueTask<IReadOnlyList<(JobId Id, string Tenant)>> ReadLeftovers(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return _readers.Read<int, IReadOnlyList<(JobId, string)>>(limit, static (reader, limit) => reader.ReadLeftovers(limit));
    }

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public async ValueTask ForgetLeftovers(IReadOnlyList<JobId> ids)
    {
        ReadValidation.Validate(ids);
        await Write(ids, static (database, ids) =>
        {
            foreach (var id in ids) Run(database.Statement(SqliteSql.DeleteLeftover), id);
            return ids.Count;
        });
    }

    private static List<JobId> Delete(SqliteDatabase database, IReadOnlyList<JobId> ids)
    {
        var deleted = new List<JobId>();
        var counts = new JobCountDeltas();
        foreach (var id in ids)
        {
            if (SqliteReader.FindJob(database, id) is not { } row || !row.Status.IsTerminal()) continue;
            DeleteTerms(database, row);
            foreach (var sql in DeletedWithAJob) Run(database.Statement(sql), id);
            NoteLeftover(database, row);
            counts.Move(row, row.Status, JobStatus.None);
            deleted.Add(id);
        }

        SqliteCounts.Write(database, counts);
        return deleted;
    }

    private static void DeleteTerms(SqliteDatabase database, JobRow row)
    {
        var terms = database.Statement(SqliteSql.DeleteTerms);
        terms.Bind(2, row.Tenant);
        Run(terms, row.Id);
        var name = database.Statement(SqliteSql.DeleteNameTerm);
        name.Bind(2, row.Tenant);
        name.Bind(3, row.WorkflowName);
        Run(name, row.Id);
    }

    private static void NoteLeftover(SqliteDatabase database, JobRow row)
    {
        var note = database.Statement(SqliteSql.InsertLeftover);
        note.Bind(2, row.Tenant);
        Run(note, row.Id);
    }

    private static void Run(SqliteStatement statement, JobId id)
    {
        statement.Bind(1, id);
        statement.Run();
    }
}
