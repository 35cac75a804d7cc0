using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store.Sqlite;

/// <summary>What a service asks of the SQLite store beside appends: rare writes on a bad disk, and reading without writing.</summary>
public sealed class SqliteServiceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task OpenReadOnly_ServesEveryRead()
    {
        await using var writer = Open();
        await Fill(writer);
        await using var reader = SqliteJobStore.OpenReadOnly(_directory.Path, NullLogger.Instance);

        Assert.NotNull(await reader.FindJob(Id(1)));
        Assert.Equal(2, (await reader.FindJobs([Id(1), Id(2)])).Count);
        Assert.Equal(2, (await reader.ListJobs(new JobQuery { Tenant = "acme", Terms = ["render"] })).Rows.Count);
        Assert.NotEmpty(await reader.CountJobs(null));
        Assert.Single(await reader.ReadInbox(Id(2)));
        Assert.Single(await reader.ReadWatches(Id(1), 10));
        Assert.Single(await reader.ReadDue(Noon, null, 10));
        Assert.Null(await reader.NextWakeUp(Noon));
        Assert.Equal(await reader.LastOrdering(), (await reader.ReadJournal(0, "acme", 100)).Entries[^1].Ordering);
        Assert.NotNull(await reader.FindWorkflow("aa"));
        Assert.NotNull(await reader.FindRegistered("acme", "render", null));
        Assert.Single(await reader.ListRegistered("acme", null, null, 10));
        Assert.Single(await reader.ReadKeys());
        Assert.Single(await reader.ReadWebhookSecrets("acme"));
        Assert.Single(await reader.ReadDueDeliveries(Noon, null, 10));
        Assert.NotNull(await reader.NextDelivery());
        Assert.Single(await reader.ListDeliveries("acme", Id(1), null, null, 10));
        Assert.Single((await reader.ReadEnded(Noon.AddDays(1), null, null, 10)).Rows);
    }

    [Fact]
    public async Task OpenReadOnly_RefusesEveryWrite()
    {
        await using var writer = Open();
        await using var reader = SqliteJobStore.OpenReadOnly(_directory.Path, NullLogger.Instance);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await reader.AddKey(Key));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await reader.DeleteJobs([Id(1)]));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await reader.ReplayDelivery("acme", 1, Noon));
        Assert.Throws<InvalidOperationException>(() => reader.Listen(new JournalFollower()));
    }

    [Fact]
    public async Task RareWrites_SayThatTheDiskIsFull_AndWorkAfterwards()
    {
        await using var store = Open();
        await Fill(store);
        store.LimitPages(1);
        var large = new string('x', 100_000);
        var writes = new Func<ValueTask>[]
        {
            async () => await store.AddKey(Key with { Id = "k2", Name = large }),
            async () => await store.AddWebhookSecret(Secret with { Id = "s2", Secret = new byte[100_000] }, Noon),
            async () => await store.RegisterWorkflow("acme", Workflow("bb", version: 2) with { Definition = large }, Noon),
            () => store.RecordAttempts([new DeliveryAttempt(1, Noon, 500, large, DeliveryStatus.Failed, null)]),
        };

        foreach (var write in writes)
        {
            var full = await Assert.ThrowsAnyAsync<StoreException>(async () => await write());
            Assert.StartsWith("the disk is full", full.Message, StringComparison.Ordinal);
        }

        Assert.Null(await store.FindWorkflow("bb"));
        Assert.Null(Assert.Single(await store.ReadWebhookSecrets("acme")).ExpiresAt);
        store.LimitPages(1_000_000);
        foreach (var write in writes) await write();
        Assert.IsType<AppendResult.Appended>(await store.Append(Append(Id(1), expected: 2)));
    }

    [Fact]
    public async Task RareWrites_AreRefused_WhenTheIncarnationIsFenced()
    {
        await using var store = Open();
        store.FenceOff(store.Incarnation);

        var refused = await Assert.ThrowsAsync<StoreException>(async () => await store.AddKey(Key));
        Assert.Contains("lost its right to write", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await store.ReadKeys());
    }

    [Fact]
    public async Task RareWrites_GoBetweenBatches_WhileAppendsRun()
    {
        await using var store = Open();
        var appends = Task.WhenAll(Enumerable.Range(0, 20).Select(async job =>
        {
            await Task.Yield();
            for (var n = 0; n < 50; n++) Assert.IsType<AppendResult.Appended>(await store.Append(Append(Id(job), expected: n)));
        }));
        for (var n = 0; n < 50; n++) Assert.True(await store.AddKey(Key with { Id = $"k{n}" }));
        await appends;

        Assert.Equal(50, (await store.ReadKeys()).Count);
        Assert.Equal(1000, await store.LastOrdering());
    }

    [Fact]
    public async Task Counts_DropTheMoves_OfABatchThatFailed()
    {
        await using var store = Open();
        await store.Append(Append(Id(1)) with { Row = Row(Id(1)) });
        store.LimitPages(1);
        var large = new AppendRequest(Id(2), 0, [Event(payload: new string('x', 100_000))]) { Row = Row(Id(2)) };
        Assert.IsType<AppendResult.Unknown>(await store.Append(large));

        store.LimitPages(1_000_000);
        await store.Append(Append(Id(1), expected: 1) with { Row = Row(Id(1), status: JobStatus.Paused), StatusBefore = JobStatus.Running });

        Assert.Equal([new JobCount("acme", "render", JobStatus.Paused, 1)], await store.CountJobs(null));
    }

    [Fact]
    public async Task Listener_HearsNothing_OfABatchThatFailed()
    {
        await using var store = Open();
        var follower = new JournalFollower();
        using var listening = store.Listen(follower);
        store.LimitPages(1);
        var large = new AppendRequest(Id(2), 0, [Event(payload: new string('x', 100_000))]);
        Assert.IsType<AppendResult.Unknown>(await store.Append(large));
        Assert.Empty(follower.Heard);

        store.LimitPages(1_000_000);
        await store.Append(large);
        Assert.Equal(1, Assert.Single(follower.Heard).FirstOrdering);
    }

    /// <summary>Something in every table: job 1 has ended and has a callback, job 2 has mail of it.</summary>
    private static async Task Fill(SqliteJobStore store)
    {
        await store.Append(Append(Id(1)) with { Row = Row(Id(1)), Terms = ["render"], Address = new JobAddress("acme", "render", null), Deliveries = [new NewDelivery(1, "job.created", "https://example.test")] });
        await store.Append(Append(Id(2)) with { Row = Row(Id(2), status: JobStatus.Waiting), Watches = [new Watch(Id(1), WatchKind.Dependency)] });
        await store.Append(Append(Id(1), expected: 1) with { Row = Row(Id(1), status: JobStatus.Completed), StatusBefore = JobStatus.Running });
        await store.RegisterWorkflow("acme", Workflow(), Noon);
        await store.AddKey(Key);
        await store.AddWebhookSecret(Secret, Noon);
    }

    private static StoredKey Key { get; } = new("k1", "acme", "ci", ["operator"], new byte[32], Noon, null, null);

    private static WebhookSecret Secret { get; } = new("s1", "acme", new byte[24], Noon, null);

    private SqliteJobStore Open() => SqliteJobStore.Open(new SqliteStoreOptions { DataDirectory = _directory.Path }, TimeProvider.System, NullLogger.Instance);
}
