using Dispatcher.Jobs;
using Dispatcher.Store;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>Due jobs of some shards, as each node of a cluster reads its own.</summary>
public abstract partial class JobStoreConformance
{
    private const int ShardCount = 16;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public async Task ReadDue_GivesTheJobsOfItsShards_InOneOrderOverAllOfThem(int limit)
    {
        for (var n = 1; n <= 12; n++) await AppendRow(Row(Id(n), n == 12 ? Noon.AddTicks(10) : Noon.AddSeconds(-(n % 4))));
        var shards = ShardsOf(2, 3, 5, 7, 11, 12);

        var (seen, places) = (new List<JobId>(), new List<DateTimeOffset>());
        DueCursor? cursor = null;
        while (await Store.ReadDue(Noon, cursor, limit, shards) is { Count: > 0 } page)
        {
            Assert.True(page.Count <= limit);
            Assert.All(page, due => Assert.Single(due.History.Events));
            seen.AddRange(page.Select(due => due.History.Id));
            places.AddRange(page.Select(due => due.WakeAt));
            cursor = new DueCursor(page[^1].WakeAt, page[^1].History.Id);
        }

        Assert.Equal([Id(3), Id(7), Id(11), Id(2), Id(5)], seen);
        Assert.Equal(places.Order(), places);
    }

    [Fact]
    public async Task ReadDue_AndNextWakeUp_GiveNothing_OfNoShards()
    {
        await AppendRow(Row(Id(1), Noon));

        Assert.Empty(await Store.ReadDue(Noon, null, 10, ShardsOf()));
        Assert.Null(await Store.NextWakeUp(DateTimeOffset.UnixEpoch, ShardsOf()));
        Assert.Single(await Store.ReadDue(Noon, null, 10, new ShardSet(ShardCount, Enumerable.Range(0, ShardCount))));
    }

    [Fact]
    public async Task NextWakeUp_GivesTheEarliest_OfItsShards()
    {
        for (var n = 1; n <= 5; n++) await AppendRow(Row(Id(n), Noon.AddSeconds(n)));

        Assert.Equal(Noon.AddSeconds(3), await Store.NextWakeUp(Noon, ShardsOf(5, 3)));
        Assert.Equal(Noon.AddSeconds(5), await Store.NextWakeUp(Noon.AddSeconds(3), ShardsOf(5, 3)));
        Assert.Null(await Store.NextWakeUp(Noon.AddSeconds(5), ShardsOf(5, 3)));
    }

    private static ShardSet ShardsOf(params int[] jobs) => new(ShardCount, jobs.Select(n => ShardSet.ShardOf(Id(n), ShardCount)));
}
