using Dispatcher.Jobs;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>Deleting what is old.</summary>
public sealed partial class PostgresJobStore
{
    /// <summary>What belongs to jobs beside their events and rows; the rows of the jobs last.</summary>
    private static readonly string[] DeletedWithJobs =
    [
        PostgresSql.DeleteTerms, PostgresSql.DeleteSnapshots, PostgresSql.DeleteClaims, PostgresSql.DeleteWatchesOfWatched, PostgresSql.DeleteWatchesOfWatchers,
        PostgresSql.DeleteDeliveries, PostgresSql.DeleteMail, PostgresSql.NoteLeftovers, PostgresSql.DeleteJobs,
    ];

    public ValueTask<(IReadOnlyList<JobRow> Rows, JobId? Next)> ReadEnded(DateTimeOffset endedBefore, JobStatus? status, JobId? after, int scanLimit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(scanLimit);
        return Reader.ReadEnded(endedBefore, status, after, scanLimit);
    }

    /// <inheritdoc/>
    /// <remarks>A partition of the journal that has become empty is dropped, which gives its space back to the disk at once.</remarks>
    /// <exception cref="StoreException">It could not be written.</exception>
    public async ValueTask<IReadOnlyList<JobId>> DeleteJobs(IReadOnlyList<JobId> ids)
    {
        ReadValidation.Validate(ids);
        if (ids.Count == 0) return [];
        var (deleted, partitions) = await Write((database, connection) => Delete(database, connection, ids));
        foreach (var partition in await PostgresPartitionDrop.FindOver(_database, partitions, _time.GetUtcNow()))
            if (await PostgresPartitionDrop.DropIfEmpty(_database, partition)) LogPartitionDropped(partition);
        return deleted;
    }

    public ValueTask<IReadOnlyList<(JobId Id, string Tenant)>> ReadLeftovers(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return Reader.ReadLeftovers(limit);
    }

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public async ValueTask ForgetLeftovers(IReadOnlyList<JobId> ids)
    {
        ReadValidation.Validate(ids);
        await Write(async (database, connection) =>
        {
            await using var forget = database.Command(connection, PostgresSql.DeleteLeftovers);
            forget.Add(ids);
            return await forget.ExecuteNonQueryAsync();
        });
    }

    private async Task<(IReadOnlyList<JobId> Deleted, uint[] Partitions)> Delete(PostgresDatabase database, NpgsqlConnection connection, IReadOnlyList<JobId> ids)
    {
        var ended = await LockEnded(database, connection, ids);
        if (ended.Count == 0) return (ended, []);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(PostgresSql.WalkIndexes));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(database.Sql(PostgresSql.DeleteEvents)).Bind(ended));
        foreach (var sql in DeletedWithJobs) batch.BatchCommands.Add(new NpgsqlBatchCommand(database.Sql(sql)).Bind(ended));
        batch.BatchCommands[^1].Bind(Incarnation);

        var partitions = new List<uint>();
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        while (await reader.ReadAsync()) partitions.Add(reader.GetFieldValue<uint>(0));
        // The other statements have no rows; to go on to the end is to hear of their failures.
        while (await reader.NextResultAsync())
        {
        }
        return (ended, [.. partitions]);
    }

    private static async Task<List<JobId>> LockEnded(PostgresDatabase database, NpgsqlConnection connection, IReadOnlyList<JobId> ids)
    {
        await using var find = database.Command(connection, PostgresSql.LockEnded);
        find.Add(ids);
        var ended = new List<JobId>();
        await using var reader = await find.ExecuteReaderAsync();
        while (await reader.ReadAsync()) ended.Add(reader.Id(0));
        return ended;
    }

    [LoggerMessage(321, LogLevel.Information, "The partition {Partition} of the journal was dropped: none of its jobs is left.")]
    private partial void LogPartitionDropped(string partition);
}
