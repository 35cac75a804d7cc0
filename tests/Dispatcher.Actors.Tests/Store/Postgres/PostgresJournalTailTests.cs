using System.Diagnostics;
using System.Text;
using Dispatcher.Store;
using Dispatcher.Store.Postgres;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store.Postgres;

/// <summary>What listeners of two stores on one database hear: everything that both commit, once and in the order of the journal, whatever is slow or breaks.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresJournalTailTests : IAsyncLifetime
{
    /// <summary>Ends the sessions that read the journal for listeners, in the middle of it or between two times.</summary>
    private const string KillReaders =
        """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE pid <> pg_backend_pid() AND (query LIKE '%bytes_before%{schema}.journal%' OR query LIKE '%{schema}.journal ORDER BY ordering DESC%')
        """;

    private PostgresData _data = null!;
    private PostgresJobStore _one = null!;
    private PostgresJobStore _other = null!;

    public async Task InitializeAsync()
    {
        _data = await PostgresData.Create();
        _one = await _data.Open();
        _other = await _data.Open();
    }

    public async Task DisposeAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
        await _data.DisposeAsync();
    }

    [Fact]
    public async Task Listeners_HearEverythingOnceAndInOrder_WhileBothStoresWrite()
    {
        const int jobs = 30, appends = 60;
        var (here, there) = (new JournalFollower(), new JournalFollower());
        using var listeningHere = await Begin(_one, here);
        using var listeningThere = await Begin(_other, there);

        await Write(jobs, appends);

        await AssertHeard(here, 2 * jobs * appends);
        await AssertHeard(there, 2 * jobs * appends);
    }

    [Fact]
    public async Task Listener_WaitsForTheSlowWriter_WhenTheLaterOneCommitsFirst()
    {
        var follower = new JournalFollower();
        using var listening = await Begin(_one, follower);
        await using var stopper = await _data.Connect();
        await using var stopping = await stopper.BeginTransactionAsync();
        await _data.Execute(stopper, "LOCK TABLE {schema}.snapshots IN SHARE ROW EXCLUSIVE MODE");
        var first = _other.Append(Append(Id(2), events: 2) with { Snapshot = Snapshot() }).AsTask();
        await _data.Until("EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = '{schema}.snapshots'::regclass)");

        await Landed(_one, Append(Id(3)));
        // It sees that something is committed, and looks again though nobody calls any more.
        await WhenLookedAt(times: 3);
        Assert.Empty(follower.Heard);
        await stopping.CommitAsync();

        await first;
        await follower.WhenHeard(3);
        Assert.Equal([(Id(2), 1L), (Id(2), 2L), (Id(3), 1L)], follower.Events.Select(heard => (heard.Job, heard.SequenceNr)));
    }

    [Fact]
    public async Task Listeners_MissNothing_WhenSessionsAreKilledWhileTheyRead()
    {
        const int jobs = 20, appends = 60;
        var follower = new JournalFollower();
        using var listening = await Begin(_one, follower);

        var (kills, rounds) = (0L, 0);
        await using (var killer = await _data.Connect())
        {
            // A reader is quick: it may take more than one round to meet one.
            while (kills == 0 && rounds < 20)
            {
                var writing = Write(jobs, appends, first: appends * rounds++);
                while (!writing.IsCompleted) kills += (long)(await _data.Execute(killer, KillReaders))!;
                await writing;
            }
        }

        Assert.True(kills > 0, "No reader was met.");
        await AssertHeard(follower, 2 * jobs * appends * rounds);
    }

    [Fact]
    public async Task Listener_GoesOn_WhenTheJournalCanBeReadAgain()
    {
        var follower = new JournalFollower();
        using var listening = await Begin(_one, follower);
        await _data.Execute("ALTER TABLE {schema}.jobs RENAME TO jobs_elsewhere");
        try
        {
            await Landed(_one, Append(Id(1)));
            await WhenLookedAt(times: 3);
            Assert.Empty(follower.Heard);
        }
        finally
        {
            await _data.Execute("ALTER TABLE {schema}.jobs_elsewhere RENAME TO jobs");
        }

        await follower.WhenHeard(1);
        Assert.Equal((Id(1), 1L), (follower.Events[0].Job, follower.Events[0].SequenceNr));
    }

    [Fact]
    public async Task Database_IsNotAsked_WhenNobodyListensOrNothingIsNew()
    {
        await Write(jobs: 5, appends: 10);
        _one.JournalMoved(null);
        Assert.Equal(0, _one.Tail!.Looks);

        var follower = new JournalFollower();
        using (await Begin(_one, follower))
        {
            var last = await Landed(_one, Append(Id(50)));
            await follower.WhenHeard(1);
            // The commit may have called once more while the tail was looking, and a tail that nobody reassures for seconds looks by itself.
            var (looks, since) = (_one.Tail.Looks, Stopwatch.GetTimestamp());
            for (var n = 0; n < 100; n++) _one.JournalMoved(last.FirstOrdering);
            for (var n = 0; n < 20; n++) await _one.FindJob(Id(50));
            Assert.InRange(_one.Tail.Looks, looks, looks + 1 + (int)Stopwatch.GetElapsedTime(since).TotalSeconds);
        }

        var before = _one.Tail.Looks;
        for (var n = 0; n < 100; n++)
        {
            await Landed(_one, Append(Id(51), n));
            _one.JournalMoved(null);
        }

        Assert.InRange(_one.Tail.Looks, before, before + 1);
        Assert.Single(follower.Heard);
    }

    [Fact]
    public async Task Listener_HearsWhatFollowsTheLastPlace_EachTimeThatItBegins()
    {
        for (var round = 0; round < 50; round++)
        {
            var follower = new JournalFollower();
            using var listening = await Begin(_one, follower);
            var appended = await Landed(_other, Append(Id(round % 3), round / 3));

            _one.JournalMoved(null);

            await follower.WhenHeard(1);
            Assert.Equal(appended.FirstOrdering, Assert.Single(follower.Events).Ordering);
        }
    }

    [Fact]
    public async Task Page_KeepsItsBounds_AndTheNextGoesOn()
    {
        var large = new EncodedEvent("step.output", Noon, Encoding.UTF8.GetBytes(new string('x', 1000)));
        await Landed(_one, new AppendRequest(Id(1), 0, [.. Enumerable.Repeat(large, 9)]) { Row = Row(Id(1)) });
        await Landed(_other, Append(Id(2), events: 3));
        await using var database = new PostgresDatabase(_data.Options);
        var pages = new List<PostgresTailPage>();
        for (var after = 0L; pages.Count == 0 || pages[^1].IsFull; after = pages[^1].Next) pages.Add(await PostgresTailPage.Read(database, 0, after, 5, 3500));

        Assert.Equal([4, 4, 4], pages.Take(3).Select(page => page.Events));
        Assert.Equal(12, pages.Sum(page => page.Events));
        Assert.Equal(new JobAddress("acme", "render", null), pages[0].Appends[0].Address);
        var written = (await _one.ReadJournal(0, null, 100)).Entries;
        var read = pages.SelectMany(page => page.Appends).SelectMany(append => append.Events);
        Assert.Equal(written.Select(entry => Text(entry.Payload)), read.Select(@event => Text(@event.Payload)));
        Assert.DoesNotContain(pages, page => page.IsHeldBack);
    }

    /// <summary>From here on the listener hears everything.</summary>
    private static async Task<IDisposable> Begin(PostgresJobStore store, JournalFollower follower)
    {
        var listening = store.Listen(follower);
        await store.LastOrdering();
        return listening;
    }

    private async Task WhenLookedAt(int times)
    {
        var before = _one.Tail!.Looks;
        for (var waits = 0; _one.Tail.Looks < before + times; waits++)
        {
            Assert.True(waits < 30_000, "It does not look again.");
            await _data.Execute("SELECT pg_sleep(0.002)");
        }
    }

    /// <summary>Two events an append, half of the jobs in each store.</summary>
    private Task Write(int jobs, int appends, int first = 0) => Task.WhenAll(Enumerable.Range(0, jobs).Select(async job =>
    {
        await Task.Yield();
        var store = job % 2 == 0 ? _one : _other;
        for (var n = first; n < first + appends; n++) await LandedAtLast(store, Append(Id(job), 2 * n, events: 2));
    }));

    private async Task AssertHeard(JournalFollower follower, int events)
    {
        // Here nodes do not hint each other.
        _one.JournalMoved(null);
        _other.JournalMoved(null);
        await follower.WhenHeard(events);
        var written = (await _one.ReadJournal(0, null, 100_000)).Entries.Select(entry => (entry.Ordering, entry.JobId, entry.SequenceNr)).ToList();
        Assert.Equal(events, written.Count);
        Assert.Equal(written, follower.Events);
        var ends = follower.Heard.Select(append => append.FirstOrdering + append.Events.Count - 1).ToList();
        Assert.Equal(ends.SkipLast(1), follower.Heard.Skip(1).Select(append => append.AfterOrdering));
    }

    private static async Task<AppendResult.Appended> Landed(PostgresJobStore store, AppendRequest request) =>
        Assert.IsType<AppendResult.Appended>(await store.Append(request));

    /// <summary>The writer's connection may have been a reader's a moment ago, and be killed as one: then it is asked whether the append has landed.</summary>
    private static async Task LandedAtLast(PostgresJobStore store, AppendRequest request)
    {
        while (await store.Append(request) is not AppendResult.Appended)
        {
            if ((await store.ReadEvents(request.JobId, request.ExpectedSequenceNr, 1)).Count > 0) return;
        }
    }
}
