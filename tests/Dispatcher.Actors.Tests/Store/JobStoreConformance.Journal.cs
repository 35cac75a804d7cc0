using Dispatcher.Store;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>The journal as a whole: read in pages, and heard as it grows.</summary>
public abstract partial class JobStoreConformance
{
    private static readonly JobAddress Acme = new("acme", "render", "order-1");

    private static readonly System.Collections.Immutable.ImmutableSortedDictionary<string, string> Nightly =
        System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add("a", "schedule").Add("schedule", "nightly");

    [Fact]
    public async Task ReadJournal_GivesAllEvents_InTheOrderOfTheirAppends()
    {
        var first = await Appended(Append(Id(2), events: 2) with { Row = Row(Id(2)) with { CorrelationId = "order-1" } });
        var second = await Appended(Append(Id(1)) with { Row = Row(Id(1), tenant: "other", workflow: "encode") with { Labels = Nightly } });
        await Reopen();
        await Appended(Append(Id(2), expected: 2));

        var page = await Store.ReadJournal(0, null, 10);
        Assert.Equal([(Id(2), 1L), (Id(2), 2L), (Id(1), 1L), (Id(2), 3L)], page.Entries.Select(entry => (entry.JobId, entry.SequenceNr)));
        Assert.Equal([Acme, Acme, new JobAddress("other", "encode", null) { Schedule = "nightly" }, Acme], page.Entries.Select(entry => entry.Address));
        Assert.Equal((first.FirstOrdering, second.FirstOrdering), (page.Entries[0].Ordering, page.Entries[2].Ordering));
        Assert.Equal(first.FirstOrdering + 1, page.Entries[1].Ordering);
        Assert.Equal(("step.started", Noon, """{"n":1}"""), (page.Entries[0].Type, page.Entries[0].At, Text(page.Entries[0].Payload)));
        Assert.Equal(page.Next, await Store.LastOrdering());
    }

    [Fact]
    public async Task ReadJournal_GivesOneTenant_InPagesThatMayBeShort()
    {
        for (var n = 1; n <= 9; n++) await AppendRow(Row(Id(n), tenant: n % 3 == 0 ? "acme" : "other"));

        var (entries, pages) = (new List<JournalEntry>(), 0);
        for (var (after, next) = (-1L, 0L); next != after; pages++)
        {
            after = next;
            var page = await Store.ReadJournal(after, "acme", 2);
            Assert.InRange(page.Entries.Count, 0, 1);
            entries.AddRange(page.Entries);
            next = page.Next;
        }

        Assert.Equal([Id(3), Id(6), Id(9)], entries.Select(entry => entry.JobId));
        Assert.Equal(6, pages);
    }

    [Fact]
    public async Task ReadJournal_StaysWhereItIs_AtTheEnd()
    {
        await AppendRow(Row(Id(1)));
        var last = await Store.LastOrdering();

        var page = await Store.ReadJournal(last, null, 10);
        Assert.Equal((0, last), (page.Entries.Count, page.Next));
    }

    [Fact]
    public async Task ListenerToItsOwn_HearsOfEachAppend_BeforeItsCallerDoes()
    {
        var follower = new JournalFollower();
        using var listening = Store.ListenToOwn(follower);
        for (var n = 0; n < 20; n++)
        {
            var request = Append(Id(1), expected: 2 * n, events: 2) with { Address = Acme };
            var appended = await Appended(request);

            var heard = follower.Heard[^1];
            Assert.Equal((n + 1, Id(1), Acme, appended.FirstOrdering, (2L * n) + 1), (follower.Heard.Count, heard.JobId, heard.Address, heard.FirstOrdering, heard.FirstSequenceNr));
            Assert.Same(request.Events, heard.Events);
        }
    }

    [Fact]
    public async Task Listener_HearsTheJournalInItsOrder_WithoutAGap()
    {
        var follower = new JournalFollower();
        await Appended(Append(Id(99)));
        using (Store.Listen(follower))
        {
            await Store.LastOrdering();
            await Task.WhenAll(Enumerable.Range(0, 20).Select(async job =>
            {
                await Task.Yield();
                for (var n = 0; n < 20; n++) await Appended(Append(Id(job), expected: n * (1 + (job % 3)), events: 1 + (job % 3)));
            }));
            await follower.WhenHeard(20 * (7 + 14 + (6 * 3)));
        }

        await Appended(Append(Id(98)));

        var written = (await Store.ReadJournal(0, null, 10_000)).Entries.Select(entry => (entry.Ordering, entry.JobId, entry.SequenceNr)).ToList();
        Assert.Equal(written.Skip(1).SkipLast(1), follower.Events);
        var ends = follower.Heard.Select(append => append.FirstOrdering + append.Events.Count - 1);
        Assert.Equal(ends.Prepend(written[0].Ordering).SkipLast(1), follower.Heard.Select(append => append.AfterOrdering));
    }

    [Fact]
    public async Task ListenerToItsOwn_HearsNothing_OfRefusedAppendsAndOfThoseWithoutEvents()
    {
        var inbox = await MailFor(Id(2), "a");
        var follower = new JournalFollower();
        using var listening = Store.ListenToOwn(follower);

        await Store.Append(Append(Id(2), expected: 7));
        await Appended(new AppendRequest(Id(2), 1, []) { ConsumedMessages = [inbox[0].Id] });
        await FenceOff(Store);
        await Store.Append(Append(Id(3)));

        Assert.Empty(follower.Heard);
    }

    [Fact]
    public async Task Listener_ThatThrows_HarmsNobody()
    {
        var follower = new JournalFollower();
        using var broken = Store.Listen(new BrokenListener());
        using var listening = Store.Listen(follower);
        await Store.LastOrdering();

        await Appended(Append(Id(1)));
        await Appended(Append(Id(1), expected: 1));

        await follower.WhenHeard(2);
    }

    private sealed class BrokenListener : IJournalListener
    {
        public void Committed(IReadOnlyList<CommittedAppend> appends) => throw new InvalidOperationException("broken");
    }
}
