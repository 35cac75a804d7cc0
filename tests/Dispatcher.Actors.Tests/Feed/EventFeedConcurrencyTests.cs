using Dispatcher.Actors.Tests.Store;
using Dispatcher.Feed;
using Dispatcher.Kernel;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.Feed;

/// <summary>The feed on SQLite and the thread pool, with its real races.</summary>
public sealed class EventFeedConcurrencyTests
{
    private const int Writers = 6;
    private const int AppendsOfAWriter = 200;
    private const int EventsOfAnAppend = 3;

    /// <summary>A ring so small that readers are thrown out of it all the time; they may miss as much as they like, so nobody is told to reload.</summary>
    private static readonly EventFeedOptions Options = new()
    {
        RingLimitEvents = 8,
        CatchUpLimitEvents = int.MaxValue,
        BatchLimitEvents = 7,
        PageLimitEvents = 50,
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Readers_SeeEachEventOnce_WhenWritersAndReadersRace(int seed)
    {
        using var directory = new TemporaryDirectory();
        await using var store = SqliteJobStore.Open(new SqliteStoreOptions { DataDirectory = directory.Path }, TimeProvider.System, NullLogger.Instance);
        using var system = new ActorSystem(ActorScheduler.ThreadPool, TimeProvider.System, NullLogger.Instance);
        using var feed = new EventFeed(store, system, Options);
        var readers = new List<(FeedScope Scope, Task<List<long>> Seen)>();
        var chance = new Random(seed);
        for (var job = 0; job < Writers; job++)
        {
            readers.Add(Follow(feed, new FeedScope.OfTenant(Address(job).Tenant), chance.Next(4)));
            readers.Add(Follow(feed, new FeedScope.OfWorkflow(Address(job).Tenant, Address(job).Workflow), chance.Next(4)));
            readers.Add(Follow(feed, new FeedScope.OfJob(StoreSamples.Id(job), Address(job)), chance.Next(4)));
        }

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(job => Write(store, job)));

        var journal = (await store.ReadJournal(0, tenant: null, 1_000_000)).Entries;
        foreach (var (scope, seen) in readers)
            Assert.Equal(journal.Where(entry => scope.Covers(entry.JobId, entry.Address)).Select(entry => entry.Ordering), await seen.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    private static JobAddress Address(int job) => new($"tenant{job % 2}", $"workflow{job % 3}", CorrelationId: null);

    /// <summary>Reads until the last job of its scope has ended.</summary>
    private static (FeedScope, Task<List<long>>) Follow(EventFeed feed, FeedScope scope, int pauses) => (scope, Read(feed, scope, pauses));

    private static async Task<List<long>> Read(EventFeed feed, FeedScope scope, int pauses)
    {
        var ends = Enumerable.Range(0, Writers).Count(job => scope.Covers(StoreSamples.Id(job), Address(job)));
        var seen = new List<long>();
        using var subscription = await feed.Subscribe(scope, after: 0);
        while (ends > 0)
        {
            foreach (var given in (await subscription.Read(CancellationToken.None)).Events)
            {
                seen.Add(given.Ordering);
                if (given.EndsJob) ends--;
            }

            for (var i = 0; i < pauses; i++) await Task.Yield();
        }

        return seen;
    }

    private static async Task Write(SqliteJobStore store, int job)
    {
        var id = StoreSamples.Id(job);
        for (var i = 0; i < AppendsOfAWriter; i++)
        {
            var isLast = i == AppendsOfAWriter - 1;
            var append = StoreSamples.Append(id, i * EventsOfAnAppend, EventsOfAnAppend) with
            {
                Address = Address(job),
                Row = i > 0 ? null : StoreSamples.Row(id, tenant: Address(job).Tenant, workflow: Address(job).Workflow),
            };
            if (isLast) append = append with { Events = [.. append.Events.SkipLast(1), StoreSamples.Event("job.completed")] };
            Assert.IsType<AppendResult.Appended>(await store.Append(append));
        }
    }
}
