using Dispatcher.Jobs;
using Dispatcher.Store;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>Watches: whoever watches a job hears of its end, whichever of the two comes first.</summary>
public abstract partial class JobStoreConformance
{
    [Theory]
    [InlineData(JobStatus.Completed)]
    [InlineData(JobStatus.Failed)]
    [InlineData(JobStatus.Cancelled)]
    public async Task Watch_IsAnswered_InTheAppendThatEndsTheWatched(JobStatus outcome)
    {
        await AppendRow(Row(Id(1)));
        Assert.Empty((await Appended(Watching(Id(2), Id(1)))).Woken);
        Assert.Empty(await Store.ReadInbox(Id(2)));

        var ended = await End(Id(1), expected: 1, outcome, note: """{"output":1}""");

        Assert.Equal([Id(2)], ended.Woken);
        var message = Assert.Single(await Store.ReadInbox(Id(2)));
        Assert.Equal(
            (Id(2), Id(1), MessageKind.JobEnded, outcome, """{"output":1}"""),
            (message.To, message.From, message.Kind, message.Outcome, Text(message.Payload)));
        Assert.Single(await Store.ReadDue(JobRow.Active, null, 10));
    }

    [Theory]
    [InlineData(JobStatus.Completed)]
    [InlineData(JobStatus.Failed)]
    public async Task Watch_IsAnsweredAtOnce_WhenTheWatchedHasEnded(JobStatus outcome)
    {
        await AppendRow(Row(Id(1)));
        await End(Id(1), expected: 1, outcome, note: "lost");

        var appended = await Appended(Watching(Id(2), Id(1)));

        Assert.Equal([Id(2)], appended.Woken);
        var message = Assert.Single(await Store.ReadInbox(Id(2)));
        Assert.Equal((Id(1), outcome, ""), (message.From, message.Outcome, Text(message.Payload)));
        Assert.Single(await Store.ReadDue(JobRow.Active, null, 10));
    }

    [Fact]
    public async Task Watch_IsAnsweredCancelled_WhenTheWatchedIsNotStored()
    {
        await Appended(Watching(Id(2), Id(1)));

        Assert.Equal((Id(1), JobStatus.Cancelled), Assert.Single((await Store.ReadInbox(Id(2))).Select(message => (message.From, message.Outcome))));
    }

    [Fact]
    public async Task Watch_IsAnsweredOnce_WhenItHasTwoKinds()
    {
        await AppendRow(Row(Id(1)));
        var both = new Watch[] { new(Id(1), WatchKind.Child), new(Id(1), WatchKind.Dependency) };
        await Appended(Watching(Id(2), Id(1)) with { Watches = both });
        await End(Id(1), expected: 1);
        Assert.Single(await Store.ReadInbox(Id(2)));

        await Appended(Watching(Id(3), Id(1)) with { Watches = both });
        Assert.Single(await Store.ReadInbox(Id(3)));
        Assert.Equal(4, (await Store.ReadWatches(Id(1), 10)).Count);
    }

    [Fact]
    public async Task Watch_IsAnsweredAgain_WhenItIsMadeAgain_OrTheWatchedEndsAgain()
    {
        await AppendRow(Row(Id(1)));
        await Appended(Watching(Id(2), Id(1)));
        await End(Id(1), expected: 1, JobStatus.Failed);
        await Appended(Watching(Id(2), Id(1)) with { ExpectedSequenceNr = 1, StatusBefore = JobStatus.Waiting });
        Assert.Equal(2, (await Store.ReadInbox(Id(2))).Count);

        await Appended(Append(Id(1), expected: 2) with { Row = Row(Id(1)), StatusBefore = JobStatus.Failed });
        await End(Id(1), expected: 3);

        Assert.Equal([JobStatus.Failed, JobStatus.Failed, JobStatus.Completed], (await Store.ReadInbox(Id(2))).Select(message => message.Outcome));
    }

    [Fact]
    public async Task Watch_IsNotAnswered_WhenTheWatcherHasEnded()
    {
        await AppendRow(Row(Id(1)));
        await Appended(Watching(Id(2), Id(1)));
        await End(Id(2), expected: 1, JobStatus.Cancelled, JobStatus.Waiting);

        Assert.Empty((await End(Id(1), expected: 1)).Woken);
        Assert.Empty(await Store.ReadInbox(Id(2)));
    }

    [Fact]
    public async Task Watch_IsAnsweredOnce_ByARowThatIsWrittenAgainAfterTheEnd()
    {
        await AppendRow(Row(Id(1)));
        await Appended(Watching(Id(2), Id(1)));
        await End(Id(1), expected: 1);

        await End(Id(1), expected: 2, before: JobStatus.Completed);

        Assert.Single(await Store.ReadInbox(Id(2)));
    }

    [Fact]
    public async Task AChild_IsWatchedByItsParent_FromItsFirstAppendOn()
    {
        await AppendRow(Row(Id(1)));
        Assert.Empty((await Appended(Append(Id(2)) with { Row = Row(Id(2)), ChildOf = Id(1) })).Woken);
        Assert.Equal([new WatchEdge(Id(2), Id(1), WatchKind.Child)], await Store.ReadWatches(Id(1), 10));
        Assert.Equal([Id(1)], (await End(Id(2), expected: 1, note: """{"output":1}""")).Woken);
        Assert.Equal("""{"output":1}""", Text(Assert.Single(await Store.ReadInbox(Id(1))).Payload));

        var atOnce = await Appended(Append(Id(3)) with { Row = Row(Id(3)) with { Status = JobStatus.Completed }, ChildOf = Id(1) });
        Assert.Equal([Id(1)], atOnce.Woken);
        Assert.Equal(2, (await Store.ReadInbox(Id(1))).Count);
    }

    [Fact]
    public async Task Watch_OfARefusedAppend_IsNotKept()
    {
        await AppendRow(Row(Id(1)));
        Assert.IsType<AppendResult.Conflict>(await Store.Append(Watching(Id(2), Id(1)) with { ExpectedSequenceNr = 5 }));

        Assert.Empty(await Store.ReadWatches(Id(1), 10));
        Assert.Empty((await End(Id(1), expected: 1)).Woken);
    }

    [Fact]
    public async Task Watches_AreTheGraph_AsLongAsBothJobsAreStored()
    {
        await AppendRow(Row(Id(1)));
        await Appended(Watching(Id(2), Id(1)));
        await Appended(Watching(Id(3), Id(2)) with { Watches = [new Watch(Id(2), WatchKind.Child), new Watch(Id(1), WatchKind.Dependency)] });
        await End(Id(1), expected: 1);
        await Reopen();

        WatchEdge[] expected =
        [
            new(Id(2), Id(3), WatchKind.Child),
            new(Id(1), Id(2), WatchKind.Dependency),
        ];
        Assert.Equal(expected, await Store.ReadWatches(Id(2), 10));
        Assert.Equal(2, (await Store.ReadWatches(Id(1), 10)).Count);
        Assert.Single(await Store.ReadWatches(Id(1), 1));
    }

    [Fact]
    public async Task Watch_IsAnsweredOnce_WhenManyWatchManyInOneBatch()
    {
        var watched = Enumerable.Range(0, 20).Select(Id).ToList();
        var watcher = Watching(Id(50), Id(0)) with { Watches = [.. watched.Select(id => new Watch(id, WatchKind.Dependency))] };
        var results = await AppendAll([.. watched.Select(id => Append(id) with { Row = Row(id) }), watcher, .. watched.Select(id => Ending(id, expected: 1))]);

        Assert.All(results, result => Assert.IsType<AppendResult.Appended>(result));
        Assert.Equal(watched.Order(), (await Store.ReadInbox(Id(50))).Select(message => message.From).Order());
    }

    /// <summary>"D watches A" races with "A ends", within batches and over them: D always has exactly one message.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Watch_IsAnsweredExactlyOnce_WhenItRacesWithTheEnd(int seed)
    {
        const int pairs = 150;
        var random = new Random(seed);
        await Task.WhenAll(Enumerable.Range(0, pairs).Select(n => AppendRow(Row(Id(n)))));

        var turns = Enumerable.Range(0, pairs)
            .SelectMany(n => new[] { Watching(Id(pairs + n), Id(n)), Ending(Id(n), expected: 1) })
            .OrderBy(_ => random.Next())
            .Select((request, place) => (request, thread: place % 4));
        await Task.WhenAll(turns.GroupBy(turn => turn.thread).Select(async own =>
        {
            await Task.Yield();
            foreach (var (request, _) in own) await Appended(request);
        }));

        for (var n = 0; n < pairs; n++)
        {
            var inbox = await Store.ReadInbox(Id(pairs + n));
            Assert.True(inbox.Count == 1, $"seed {seed}: the watcher of job {n} has {inbox.Count} messages");
            Assert.Equal((Id(n), JobStatus.Completed), (inbox[0].From, inbox[0].Outcome));
        }
    }

    /// <summary>The first append of a job that waits for another one.</summary>
    private static AppendRequest Watching(JobId watcher, JobId watched) =>
        Append(watcher) with { Row = Row(watcher, status: JobStatus.Waiting), Watches = [new Watch(watched, WatchKind.Dependency)] };
}
