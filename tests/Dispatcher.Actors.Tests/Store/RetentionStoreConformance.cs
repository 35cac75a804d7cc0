using Dispatcher.Jobs;
using Dispatcher.Store;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>What <see cref="IRetentionStore"/> promises.</summary>
public abstract class RetentionStoreConformance : StoreConformance
{
    private IRetentionStore Retention => (IRetentionStore)Store;

    [Theory]
    [InlineData(null, new[] { 2, 4, 5 })]
    [InlineData(JobStatus.Failed, new[] { 4 })]
    [InlineData(JobStatus.Cancelled, new int[0])]
    public async Task ReadEnded_GivesWhatEndedBefore_OldestFirst(JobStatus? status, int[] expected)
    {
        await AppendRow(Row(Id(1)));
        await AppendRow(Ended(Id(2), Noon.AddHours(1)));
        await AppendRow(Ended(Id(3), Noon.AddHours(2)));
        await AppendRow(Ended(Id(4), Noon.AddHours(1)) with { Status = JobStatus.Failed });
        await AppendRow(Ended(Id(5), Noon.AddHours(2).AddTicks(-10)));
        await AppendRow(Row(Id(6), status: JobStatus.Pending));

        var (rows, next) = await Retention.ReadEnded(Noon.AddHours(2), status, null, 100);

        Assert.Equal(expected.Select(Id), rows.Select(row => row.Id));
        Assert.Null(next);
    }

    [Fact]
    public async Task ReadEnded_LooksAtNoMoreThanItsLimit_AndGoesOn()
    {
        for (var n = 0; n < 10; n++) await AppendRow(n % 3 == 0 ? Ended(Id(n), Noon) : Row(Id(n)));

        var pages = new List<(int Rows, JobId? Next)>();
        JobId? after = null;
        do
        {
            var (rows, next) = await Retention.ReadEnded(Noon.AddHours(1), null, after, 4);
            pages.Add((rows.Count, next));
            after = next;
        }
        while (after is not null);

        Assert.Equal([(2, Id(3)), (1, Id(7)), (1, null)], pages);
    }

    [Fact]
    public async Task ReadEnded_StopsAtJobsThatWereMadeAfterTheTime()
    {
        for (var n = 0; n < 10; n++) await AppendRow(Row(Id(n)));

        Assert.Null((await Retention.ReadEnded(Noon.AddMilliseconds(2), null, null, 4)).Next);
        Assert.Empty((await Retention.ReadEnded(DateTimeOffset.MinValue, null, null, 4)).Rows);
        Assert.Equal(Id(3), (await Retention.ReadEnded(DateTimeOffset.MaxValue, null, null, 4)).Next);
    }

    [Fact]
    public async Task DeleteJobs_LeavesNothing_OfAnEndedJob()
    {
        var claim = new Claim("idempotency", "1");
        await AppendRow(Row(Id(1)));
        await Appended(Append(Id(2), events: 3) with
        {
            Row = Ended(Id(2), Noon),
            Claims = [claim],
            Snapshot = Snapshot(),
            Terms = ["render", "word", "team=\"日本\""],
            Watches = [new Watch(Id(1), WatchKind.Child)],
            Deliveries = [new NewDelivery(1, "job.completed", "https://example.test")],
            Address = new JobAddress("acme", "render", null),
        });
        await Appended(Append(Id(3)) with { Row = Row(Id(3), status: JobStatus.Waiting), Watches = [new Watch(Id(2), WatchKind.Dependency)] });

        Assert.Equal([Id(2)], await Retention.DeleteJobs([Id(2)]));
        await Reopen();

        Assert.Null(await Store.ReadHistory(Id(2)));
        Assert.Null(await Store.FindJob(Id(2)));
        Assert.Empty(await Store.ReadWatches(Id(2), 10));
        Assert.Empty(await Store.ReadWatches(Id(1), 10));
        Assert.Equal([Id(1), Id(3)], (await Store.ReadJournal(0, null, 10)).Entries.Select(entry => entry.JobId));
        Assert.Empty(await ((IDeliveryStore)Store).ListDeliveries("acme", null, null, null, 10));
        foreach (var term in new[] { "word", "team=\"日本\"" })
            Assert.Equal(new JobPage([], null), await Store.ListJobs(new JobQuery { Tenant = "acme", Terms = [term], ScanLimit = 1 }), SamePage);
        Assert.Equal([Id(3), Id(1)], (await Store.ListJobs(new JobQuery { Tenant = "acme", Terms = ["render"], ScanLimit = 3 })).Rows.Select(row => row.Id));
        Assert.Equal([(JobStatus.Waiting, 1L), (JobStatus.Running, 1L)], (await Store.CountJobs(null)).Select(count => (count.Status, count.Jobs)).Order());
        await Appended(Append(Id(4)) with { Claims = [claim] });
        await Appended(Append(Id(2)) with { Row = Row(Id(2)) });
    }

    [Fact]
    public async Task DeleteJobs_LeavesOthersAlone_ThatHaveNotEndedOrAreUnknown()
    {
        await AppendRow(Row(Id(1)));
        await AppendRow(Ended(Id(2), Noon));
        await AppendRow(Ended(Id(3), Noon));
        await AppendRow(Row(Id(4), status: JobStatus.Recovering));

        Assert.Equal([Id(2)], await Retention.DeleteJobs([Id(1), Id(2), Id(4), Id(5)]));

        Assert.Equal([Id(4), Id(3), Id(1)], (await Store.ListJobs(new JobQuery())).Rows.Select(row => row.Id));
        Assert.Equal(3, (await Store.CountJobs("acme")).Sum(count => count.Jobs));
        Assert.NotNull(await Store.ReadHistory(Id(3)));
    }

    [Fact]
    public async Task DeleteJobs_DoesNotGiveAnOrderingTwice_WhenTheNewestAreDeleted()
    {
        await AppendRow(Row(Id(1)));
        await AppendRow(Ended(Id(2), Noon));
        var before = await Store.LastOrdering();
        await Retention.DeleteJobs([Id(2)]);

        Assert.True((await Appended(Append(Id(1), expected: 1))).FirstOrdering > before);
    }

    [Fact]
    public async Task DeletedJobs_AreNotedAsLeftOver_UntilTheirFilesAreGone()
    {
        await AppendRow(Row(Id(1)));
        await AppendRow(Ended(Id(2), Noon));
        await AppendRow(Ended(Id(3), Noon));
        await Retention.DeleteJobs([Id(1), Id(2), Id(3)]);
        await Reopen();

        Assert.Equal([(Id(2), "acme"), (Id(3), "acme")], await Retention.ReadLeftovers(10));
        Assert.Equal([(Id(2), "acme")], await Retention.ReadLeftovers(1));
        await Retention.ForgetLeftovers([Id(2), Id(9)]);
        Assert.Equal([(Id(3), "acme")], await Retention.ReadLeftovers(10));
    }

    [Fact]
    public async Task DeleteJobs_TakesAThousandAtMost() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Retention.DeleteJobs([.. Enumerable.Range(0, 1001).Select(Id)]));

    private static JobRow Ended(JobId id, DateTimeOffset at) => Row(id, status: JobStatus.Completed) with { UpdatedAt = at };

    private static bool SamePage(JobPage one, JobPage other) => one.Rows.SequenceEqual(other.Rows) && one.Next == other.Next;

    private Task AppendRow(JobRow row) => Appended(Append(row.Id) with { Row = row });
}
