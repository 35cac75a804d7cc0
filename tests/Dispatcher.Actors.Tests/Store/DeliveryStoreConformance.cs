using Dispatcher.Jobs;
using Dispatcher.Store;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>What <see cref="IDeliveryStore"/> promises.</summary>
public abstract class DeliveryStoreConformance : StoreConformance
{
    private const string Url = "https://example.test/hook?a=ä";

    private IDeliveryStore Deliveries => (IDeliveryStore)Store;

    [Fact]
    public async Task Delivery_IsDue_FromTheTimeOfItsEvent()
    {
        await Deliver(Id(1), Noon);

        Assert.Empty(await Deliveries.ReadDueDeliveries(Noon.AddTicks(-10), null, 10));
        var due = Assert.Single(await Deliveries.ReadDueDeliveries(Noon, null, 10));
        Assert.Equal(
            new StoredDelivery(due.Id, "acme", Id(1), 1, "job.completed", Url, DeliveryStatus.Pending, 0, Noon, Noon, null, null, null, JobStatus.Completed), due);
        Assert.Equal(Noon, await Deliveries.NextDelivery());
    }

    [Fact]
    public async Task ReadDueDeliveries_GivesThoseOfItsShards_InPages()
    {
        const int shardCount = 16;
        for (var n = 1; n <= 6; n++) await Appended(Delivering(Id(n), Noon.AddSeconds(n)) with { Row = Row(Id(n)) });
        var own = new[] { Id(2), Id(3), Id(6) };
        var shards = new ShardSet(shardCount, own.Select(id => ShardSet.ShardOf(id, shardCount)));
        var expected = Enumerable.Range(1, 6).Select(Id).Where(shards.Contains).ToList();

        var first = await Deliveries.ReadDueDeliveries(Noon.AddSeconds(9), null, 2, shards);
        var rest = await Deliveries.ReadDueDeliveries(Noon.AddSeconds(9), (first[^1].NextAt!.Value, first[^1].Id), 10, shards);

        Assert.Equal(expected, first.Concat(rest).Select(delivery => delivery.JobId));
        Assert.Equal(2, first.Count);
        Assert.Empty(await Deliveries.ReadDueDeliveries(Noon.AddSeconds(9), null, 10, new ShardSet(shardCount, [])));
    }

    [Fact]
    public async Task Delivery_OfARefusedAppend_IsNotWritten()
    {
        Assert.IsType<AppendResult.Conflict>(await Store.Append(Delivering(Id(1), Noon) with { ExpectedSequenceNr = 3 }));

        Assert.Empty(await Deliveries.ListDeliveries("acme", null, null, null, 10));
        Assert.Null(await Deliveries.NextDelivery());
    }

    [Fact]
    public async Task ReadDueDeliveries_OrdersByTimeThenId_InPages()
    {
        foreach (var (n, seconds) in new[] { (1, 2), (2, 0), (3, 2), (4, 1), (5, 9) }) await Deliver(Id(n), Noon.AddSeconds(seconds));

        var jobs = new List<JobId>();
        (DateTimeOffset, long)? cursor = null;
        while (await Deliveries.ReadDueDeliveries(Noon.AddSeconds(2), cursor, 2) is { Count: > 0 } page)
        {
            jobs.AddRange(page.Select(delivery => delivery.JobId));
            cursor = (page[^1].NextAt!.Value, page[^1].Id);
        }

        Assert.Equal([Id(2), Id(4), Id(1), Id(3)], jobs);
    }

    [Fact]
    public async Task Attempt_IsRecorded_WithWhatFollowsFromIt()
    {
        await Deliver(Id(1), Noon);
        var id = (await One()).Id;

        await Deliveries.RecordAttempts([new DeliveryAttempt(id, Noon.AddSeconds(1), 503, "busy", DeliveryStatus.Pending, Noon.AddSeconds(30))]);
        var waiting = await One();
        Assert.Equal((DeliveryStatus.Pending, 1, Noon.AddSeconds(30)), (waiting.Status, waiting.Attempts, waiting.NextAt));
        Assert.Equal((Noon.AddSeconds(1), 503, "busy"), (waiting.LastAttemptAt, waiting.LastStatusCode, waiting.LastError));
        Assert.Equal(Noon.AddSeconds(30), await Deliveries.NextDelivery());

        await Deliveries.RecordAttempts([new DeliveryAttempt(id, Noon.AddSeconds(31), 200, null, DeliveryStatus.Delivered, null)]);
        await Reopen();
        var delivered = await One();
        Assert.Equal((DeliveryStatus.Delivered, 2, null, 200, null), (delivered.Status, delivered.Attempts, delivered.NextAt, delivered.LastStatusCode, delivered.LastError));
        Assert.Empty(await Deliveries.ReadDueDeliveries(Noon.AddDays(9), null, 10));
        Assert.Null(await Deliveries.NextDelivery());
    }

    [Fact]
    public async Task Attempt_IsNotCounted_WhenNothingWasSent()
    {
        await Deliver(Id(1), Noon);
        var id = (await One()).Id;
        await Deliveries.RecordAttempts([new DeliveryAttempt(id, Noon, 503, "busy", DeliveryStatus.Pending, Noon.AddSeconds(5))]);

        await Deliveries.RecordAttempts([new DeliveryAttempt(id, Noon.AddSeconds(5), null, "breaker open", DeliveryStatus.Pending, Noon.AddSeconds(35), IsCounted: false)]);

        var waiting = await One();
        Assert.Equal((1, Noon, 503), (waiting.Attempts, waiting.LastAttemptAt, waiting.LastStatusCode));
        Assert.Equal(("breaker open", Noon.AddSeconds(35)), (waiting.LastError, waiting.NextAt));
    }

    [Fact]
    public async Task Attempts_AreRecordedTogether_AndUnknownOnesPassedOver()
    {
        await Deliver(Id(1), Noon);
        await Deliver(Id(2), Noon);
        var due = await Deliveries.ReadDueDeliveries(Noon, null, 10);

        await Deliveries.RecordAttempts(
        [
            new DeliveryAttempt(due[0].Id, Noon, null, "no answer", DeliveryStatus.Failed, null),
            new DeliveryAttempt(999, Noon, 200, null, DeliveryStatus.Delivered, null),
            new DeliveryAttempt(due[1].Id, Noon, 204, null, DeliveryStatus.Delivered, null),
        ]);

        var all = await Deliveries.ListDeliveries("acme", null, null, null, 10);
        Assert.Equal([DeliveryStatus.Delivered, DeliveryStatus.Failed], all.Select(delivery => delivery.Status));
        Assert.Null(all[1].LastStatusCode);
    }

    [Theory]
    [InlineData(DeliveryStatus.Pending, false)]
    [InlineData(DeliveryStatus.Delivered, true)]
    [InlineData(DeliveryStatus.Failed, true)]
    public async Task Attempt_IsRefused_WhenItsNextTimeContradictsItsStatus(DeliveryStatus status, bool hasNext) =>
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await Deliveries.RecordAttempts([new DeliveryAttempt(1, Noon, 200, null, status, hasNext ? Noon : null)]));

    [Fact]
    public async Task Replay_BeginsAnew_WhenTheDeliveryHasEnded()
    {
        await Deliver(Id(1), Noon);
        var id = (await One()).Id;
        await Deliveries.RecordAttempts([new DeliveryAttempt(id, Noon, 500, "boom", DeliveryStatus.Failed, null)]);

        Assert.True(await Deliveries.ReplayDelivery("acme", id, Noon.AddHours(1)));

        var replayed = Assert.Single(await Deliveries.ReadDueDeliveries(Noon.AddHours(1), null, 10));
        Assert.Equal((DeliveryStatus.Pending, 0, 500), (replayed.Status, replayed.Attempts, replayed.LastStatusCode));
    }

    [Fact]
    public async Task Replay_LeavesAPendingOneAlone_AndFindsNoneOfAnotherTenant()
    {
        await Deliver(Id(1), Noon);
        var id = (await One()).Id;

        Assert.True(await Deliveries.ReplayDelivery("acme", id, Noon.AddHours(1)));
        Assert.Equal(Noon, (await One()).NextAt);
        Assert.False(await Deliveries.ReplayDelivery("other", id, Noon));
        Assert.False(await Deliveries.ReplayDelivery("acme", id + 1, Noon));
    }

    [Fact]
    public async Task ListDeliveries_GivesATenantsNewestFirst_ByJobAndStatus()
    {
        for (var n = 1; n <= 6; n++) await Deliver(Id(n % 2), Noon.AddSeconds(n), expected: (n - 1) / 2);
        await Deliver(Id(9), Noon, "other");
        var due = await Deliveries.ReadDueDeliveries(Noon.AddSeconds(4), null, 10);
        await Deliveries.RecordAttempts(
            [.. due.Where(delivery => delivery.Tenant == "acme").Select(delivery => new DeliveryAttempt(delivery.Id, Noon, 200, null, DeliveryStatus.Delivered, null))]);

        Assert.Equal([6, 5, 4, 3, 2, 1], await Seconds(null, null, null, 10));
        Assert.Equal([6, 5], await Seconds(null, null, null, 2));
        Assert.Equal([6, 4, 2], await Seconds(Id(0), null, null, 10));
        Assert.Equal([6, 5], await Seconds(null, DeliveryStatus.Pending, null, 10));
        Assert.Equal([3, 1], await Seconds(Id(1), DeliveryStatus.Delivered, null, 10));
        var before = (await Deliveries.ListDeliveries("acme", null, null, null, 2))[^1].Id;
        Assert.Equal([4, 3], await Seconds(null, null, before, 2));
        Assert.Empty(await Seconds(Id(9), null, null, 10));
    }

    private static AppendRequest Delivering(JobId id, DateTimeOffset at, string tenant = "acme", long expected = 0) =>
        new(id, expected, [Event("job.completed", at: at)])
        {
            Address = new JobAddress(tenant, "render", null),
            Deliveries = [new NewDelivery(expected + 1, "job.completed", Url, JobStatus.Completed)],
        };

    private Task Deliver(JobId id, DateTimeOffset at, string tenant = "acme", long expected = 0) => Appended(Delivering(id, at, tenant, expected));

    private async Task<StoredDelivery> One() => Assert.Single(await Deliveries.ListDeliveries("acme", null, null, null, 10));

    private async Task<IEnumerable<int>> Seconds(JobId? job, DeliveryStatus? status, long? before, int limit) =>
        (await Deliveries.ListDeliveries("acme", job, status, before, limit)).Select(delivery => (int)(delivery.CreatedAt - Noon).TotalSeconds);
}
