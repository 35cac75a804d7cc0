using Dispatcher.Store;
using Dispatcher.Store.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store.Postgres;

/// <summary>Transactions commit out of the order of their numbers; a reader that goes on from where it stopped misses nothing all the same.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresOrderingTests
{
    [Fact]
    public async Task ReadJournal_WaitsForTheSlowWriter_WhenTheLaterOneCommitsFirst()
    {
        await using var data = await PostgresData.Create();
        await using var slow = await data.Open();
        await using var quick = await data.Open();
        await Landed(quick, Append(Id(1)));
        await using var stopper = await data.Connect();
        await using var stopping = await stopper.BeginTransactionAsync();
        await data.Execute(stopper, "LOCK TABLE {schema}.snapshots IN SHARE ROW EXCLUSIVE MODE");

        var first = slow.Append(Append(Id(2), events: 2) with { Snapshot = Snapshot() }).AsTask();
        await data.Until("EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = '{schema}.snapshots'::regclass)");
        var second = await Landed(quick, Append(Id(3)));
        var before = await quick.ReadJournal(0, null, 100);
        Assert.Equal([Id(1)], before.Entries.Select(entry => entry.JobId));
        Assert.Equal(before.Next, await quick.LastOrdering());
        await stopping.CommitAsync();

        Assert.True(Assert.IsType<AppendResult.Appended>(await first).FirstOrdering < second.FirstOrdering);
        var after = await quick.ReadJournal(before.Next, null, 100);
        Assert.Equal([Id(2), Id(2), Id(3)], after.Entries.Select(entry => entry.JobId));
        Assert.Equal(after.Next, await quick.LastOrdering());
    }

    [Fact]
    public async Task Reader_SeesEveryEventOnceAndInOrder_WhileTwoNodesWrite()
    {
        const int jobs = 20, appends = 50;
        await using var data = await PostgresData.Create();
        await using var one = await data.Open();
        await using var other = await data.Open();
        await using var reader = await PostgresJobStore.OpenReadOnly(data.Options, TimeProvider.System, NullLogger.Instance);

        var writing = Task.WhenAll(Enumerable.Range(0, jobs).Select(async job =>
        {
            await Task.Yield();
            for (var n = 0; n < appends; n++) await Landed(job % 2 == 0 ? one : other, Append(Id(job), expected: 2 * n, events: 2));
        }));
        var seen = new List<JournalEntry>();
        var (cursor, isLast) = (0L, false);
        while (true)
        {
            var page = await reader.ReadJournal(cursor, null, 37);
            seen.AddRange(page.Entries);
            if (isLast && page.Next == cursor) break;
            cursor = page.Next;
            isLast = writing.IsCompleted;
        }

        await writing;
        Assert.Equal(seen.Select(entry => entry.Ordering).Distinct().Order(), seen.Select(entry => entry.Ordering));
        Assert.Equal(2 * jobs * appends, seen.Count);
        Assert.All(seen.GroupBy(entry => entry.JobId), job => Assert.Equal(Enumerable.Range(1, 2 * appends).Select(n => (long)n), job.Select(entry => entry.SequenceNr)));
    }

    [Fact]
    public async Task Ordering_GoesOnAboveWhatIsStored_WhenTheDataCameFromAnOlderCluster()
    {
        await using var data = await PostgresData.CreateNew();
        await using (var store = await data.Open()) await Landed(store, Append(Id(1)));
        const long high = 1L << 50;
        await data.Execute($"UPDATE {{schema}}.journal SET ordering = {high}");

        await using var restored = await data.Open();
        await using var second = await data.Open();
        Assert.Equal(high, await restored.LastOrdering());
        var appended = await Landed(restored, Append(Id(2)));
        Assert.True(appended.FirstOrdering > high);
        Assert.True((await Landed(second, Append(Id(3)))).FirstOrdering > appended.FirstOrdering);
        Assert.Equal([Id(1), Id(2), Id(3)], (await restored.ReadJournal(0, null, 10)).Entries.Select(entry => entry.JobId));
    }

    private static async Task<AppendResult.Appended> Landed(PostgresJobStore store, AppendRequest request) =>
        Assert.IsType<AppendResult.Appended>(await store.Append(request));
}
