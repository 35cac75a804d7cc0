using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Store.Postgres;
using Npgsql;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store.Postgres;

/// <summary>Partitions of the journal go when nothing is in them any more.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresRetentionTests : IAsyncLifetime
{
    private static readonly DateTimeOffset LongAgo = new(2001, 1, 15, 0, 0, 0, TimeSpan.Zero);

    private PostgresData _data = null!;
    private PostgresJobStore _store = null!;

    public async Task InitializeAsync()
    {
        _data = await PostgresData.CreateNew();
        _store = await _data.Open();
        await using var database = new PostgresDatabase(_data.Options);
        await using var connection = await database.Connect();
        await PostgresPartitions.MakeAhead(database, connection, LongAgo, ahead: 0);
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        await _data.DisposeAsync();
    }

    [Fact]
    public async Task DeleteJobs_DropsAPartition_WhenNoneOfItsJobsIsLeft()
    {
        await Write(1);
        await Write(2);

        await _store.DeleteJobs([OldId(1)]);
        Assert.True(await HasPartition());

        await _store.DeleteJobs([OldId(2)]);
        Assert.False(await HasPartition());
        await Write(3);
        Assert.Single((await _store.ReadHistory(OldId(3)))!.Events);
    }

    [Fact]
    public async Task DeleteJobs_LeavesAPartition_ThatSomebodyReads()
    {
        await Write(1);
        await using var connection = new NpgsqlConnection(_data.Options.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var read = new NpgsqlCommand($"SELECT count(*) FROM {_data.Options.Schema}.journal", connection);
        Assert.Equal(1L, await read.ExecuteScalarAsync());

        Assert.Equal([OldId(1)], await _store.DeleteJobs([OldId(1)]));
        Assert.True(await HasPartition());

        await transaction.CommitAsync();
        await Write(2);
        await _store.DeleteJobs([OldId(2)]);
        Assert.False(await HasPartition());
    }

    [Fact]
    public async Task DeleteJobs_LeavesThePartitionOfThisMonth()
    {
        var id = JobId.Create(TimeProvider.System.GetUtcNow(), new byte[JobId.RandomBytes]);
        await Write(id);
        var before = await Partitions();

        Assert.Equal([id], await _store.DeleteJobs([id]));
        Assert.Equal(before, await Partitions());
    }

    private static JobId OldId(int n) => JobId.Create(LongAgo.AddMilliseconds(n), new byte[JobId.RandomBytes]);

    private Task Write(int n) => Write(OldId(n));

    private async Task Write(JobId id) =>
        Assert.IsType<AppendResult.Appended>(await _store.Append(Append(id) with { Row = Row(id, status: JobStatus.Completed) }));

    private async Task<bool> HasPartition() => await _data.Execute("SELECT to_regclass('{schema}.journal_2001_01') IS NOT NULL") is true;

    private Task<object?> Partitions() => _data.Execute("SELECT count(*) FROM pg_inherits WHERE inhparent = '{schema}.journal'::regclass");
}
