using Dispatcher.Store;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>
/// What <see cref="IJobStore"/> promises, tested once for every implementation. A store's own class says how it is opened and
/// fenced, no more. Of a taken claim and a wrong number in one append, the claim is reported.
/// This part: what appends do. The others: what reads give, and a theme each.
/// </summary>
public abstract partial class JobStoreConformance : StoreConformance
{
    /// <summary>Takes from the store's incarnation its right to write.</summary>
    protected abstract ValueTask FenceOff(IJobStore store);

    [Fact]
    public async Task Append_NumbersEventsFromOne_WhenTheJobIsNew()
    {
        await Appended(Append(Id(1), events: 3));

        var events = await Store.ReadEvents(Id(1), 0, 10);
        Assert.Equal([1L, 2L, 3L], events.Select(@event => @event.SequenceNr));
    }

    [Fact]
    public async Task Append_NumbersEventsAfterTheExpectedOne_WhenTheJobIsKnown()
    {
        await Appended(Append(Id(1), events: 2));
        await Appended(Append(Id(1), expected: 2, events: 2));

        var events = await Store.ReadEvents(Id(1), 0, 10);
        Assert.Equal([1L, 2L, 3L, 4L], events.Select(@event => @event.SequenceNr));
        Assert.Equal("""{"n":4}""", Text(events[3].Payload));
    }

    [Fact]
    public async Task Append_KeepsTheEventAsItWas_WhenItIsReadBack()
    {
        var at = Noon.AddTicks(12_345_670);
        await Appended(new AppendRequest(Id(1), 0, [Event("job.créé", """{"text":"ÄÖ 日本 🎬"}""", at), Event("step.started", "", at)]));

        var events = await Store.ReadEvents(Id(1), 0, 10);
        Assert.Equal("job.créé", events[0].Type);
        Assert.Equal("""{"text":"ÄÖ 日本 🎬"}""", Text(events[0].Payload));
        Assert.Equal(at, events[0].At);
        Assert.Equal(TimeSpan.Zero, events[0].At.Offset);
        Assert.Equal(0, events[1].Payload.Length);
    }

    [Theory]
    [InlineData(9, 0)]
    [InlineData(19, 10)]
    [InlineData(-1, -10)]
    public async Task Append_CutsTimesToMicroseconds_WhenTheyAreFiner(long ticks, long stored)
    {
        var epoch = DateTimeOffset.UnixEpoch;
        await Appended(new AppendRequest(Id(1), 0, [Event(at: epoch.AddTicks(ticks))]));

        Assert.Equal(epoch.AddTicks(stored), (await Store.ReadEvents(Id(1), 0, 1))[0].At);
    }

    [Fact]
    public async Task Append_NamesItsWriter_InEveryEvent()
    {
        await Appended(Append(Id(1)));
        var first = Store.Incarnation;
        await Reopen();
        await Appended(Append(Id(1), expected: 1));

        var events = await Store.ReadEvents(Id(1), 0, 10);
        Assert.Equal([first, Store.Incarnation], events.Select(@event => @event.Writer));
    }

    [Fact]
    public async Task Append_GrowsTheOrdering_OverAllJobs()
    {
        await Appended(Append(Id(2), events: 2));
        await Appended(Append(Id(1)));
        await Reopen();
        await Appended(Append(Id(2), expected: 2));

        var first = await Store.ReadEvents(Id(2), 0, 10);
        var second = await Store.ReadEvents(Id(1), 0, 10);
        long[] orderings = [first[0].Ordering, first[1].Ordering, second[0].Ordering, first[2].Ordering];
        Assert.Equal(orderings.Distinct().Order(), orderings);
    }

    [Fact]
    public async Task Append_WritesRowClaimsAndSnapshot_WithItsEvents()
    {
        var claim = new Claim("idempotency", "acme/1");
        await Appended(Append(Id(1), events: 2) with { Row = Row(Id(1)), Claims = [claim], Snapshot = Snapshot("state") });

        Assert.NotNull(await Store.FindJob(Id(1)));
        Assert.Equal("state", Text((await Store.ReadHistory(Id(1)))!.Snapshot!.Payload));
        var conflict = Assert.IsType<AppendResult.Conflict>(await Store.Append(Append(Id(2)) with { Claims = [claim] }));
        Assert.Equal(Id(1), conflict.ClaimedBy);
    }

    [Fact]
    public async Task FindHolder_TellsWhoHoldsAClaim_OfThatKindAndKeyAlone()
    {
        var claim = new Claim("idempotency", "acme/a\0b \uD800 ü", "what was asked for");
        await Appended(Append(Id(1)) with { Row = Row(Id(1)), Claims = [claim, new Claim("number", "acme/7")] });

        Assert.Equal(Id(1), await Store.FindHolder(claim with { Fingerprint = null }));
        Assert.Equal(Id(1), await Store.FindHolder(new Claim("number", "acme/7")));
        Assert.Null(await Store.FindHolder(new Claim("number", claim.Key)));
        Assert.Null(await Store.FindHolder(new Claim("idempotency", "acme/7")));
    }

    [Fact]
    public async Task FindHolders_TellsOfEachClaim_InTheirOrder()
    {
        Claim one = new("idempotency", "acme/a\0b \uD800 ü"), two = new("number", "acme/7"), nobodys = new("idempotency", "acme/7");
        await Appended(Append(Id(1)) with { Row = Row(Id(1)), Claims = [one] });
        await Appended(Append(Id(2)) with { Row = Row(Id(2)), Claims = [two] });

        Assert.Equal([Id(2), null, Id(1), Id(2)], await Store.FindHolders([two, nobodys, one, two]));
        Assert.Empty(await Store.FindHolders([]));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.FindHolders([.. Enumerable.Repeat(one, 1001)]));
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(3, 2)]
    public async Task Append_AnswersTheActualNumber_WhenAnotherIsExpected(long expected, long actual)
    {
        await Appended(Append(Id(1), events: 2));

        Assert.Equal(new AppendResult.Conflict(actual, null, null), await Store.Append(Append(Id(1), expected)));
    }

    [Fact]
    public async Task Append_AnswersZero_WhenAnUnknownJobIsExpected() =>
        Assert.Equal(new AppendResult.Conflict(0, null, null), await Store.Append(Append(Id(1), expected: 1)));

    [Fact]
    public async Task Append_WritesNothing_WhenTheNumberIsInConflict()
    {
        await Appended(Append(Id(1)));
        var claim = new Claim("idempotency", "acme/1");
        await Store.Append(Append(Id(1), events: 3) with { Row = Row(Id(1)), Claims = [claim], Snapshot = Snapshot() });

        Assert.Single((await Store.ReadHistory(Id(1)))!.Events);
        Assert.Null(await Store.FindJob(Id(1)));
        Assert.Null((await Store.ReadHistory(Id(1)))!.Snapshot);
        await Appended(Append(Id(2)) with { Claims = [claim] });
    }

    [Fact]
    public async Task Append_WritesNothing_WhenAClaimIsTaken()
    {
        var (taken, free) = (new Claim("idempotency", "1"), new Claim("idempotency", "2"));
        await Appended(Append(Id(1)) with { Claims = [taken] });

        var result = await Store.Append(Append(Id(2)) with { Row = Row(Id(2)), Claims = [free, taken], Snapshot = Snapshot() });

        Assert.Equal(new AppendResult.Conflict(0, taken, Id(1)), result);
        Assert.Null(await Store.ReadHistory(Id(2)));
        Assert.Null(await Store.FindJob(Id(2)));
        await Appended(Append(Id(3)) with { Claims = [free] });
    }

    [Fact]
    public async Task Append_AnswersTheClaim_WhenTheSameJobHoldsIt()
    {
        var claim = new Claim("idempotency", "1");
        await Appended(Append(Id(1), events: 2) with { Claims = [claim] });

        Assert.Equal(new AppendResult.Conflict(2, claim, Id(1)), await Store.Append(Append(Id(1), expected: 2) with { Claims = [claim] }));
        Assert.Equal(new AppendResult.Conflict(2, claim, Id(1)), await Store.Append(Append(Id(1)) with { Claims = [claim] }));
    }

    [Fact]
    public async Task Append_TellsClaimsApart_ByKindAndByKey()
    {
        await Appended(Append(Id(1)) with { Claims = [new Claim("a", "1"), new Claim("a", "2"), new Claim("b", "1")] });
        await Appended(Append(Id(2)) with { Claims = [new Claim("b", "2"), new Claim("A", "1")] });
    }

    [Fact]
    public async Task Append_TellsTheFingerprint_OfATakenClaim()
    {
        await Appended(Append(Id(1)) with { Claims = [new Claim("idempotency", "1", "first"), new Claim("idempotency", "2")] });

        var second = new Claim("idempotency", "1", "second");
        Assert.Equal(new AppendResult.Conflict(0, second, Id(1), "first"), await Store.Append(Append(Id(2)) with { Claims = [second] }));
        var plain = new Claim("idempotency", "2", "any");
        Assert.Equal(new AppendResult.Conflict(0, plain, Id(1), null), await Store.Append(Append(Id(2)) with { Claims = [plain] }));
    }

    [Fact]
    public async Task Append_FailsAlone_WhenOthersAreInItsBatch()
    {
        var claim = new Claim("idempotency", "1");
        var results = await AppendAll(
            Append(Id(1), events: 2) with { Claims = [claim] },
            Append(Id(2)) with { Claims = [claim] },
            Append(Id(3), expected: 7),
            Append(Id(1), expected: 2),
            Append(Id(1), expected: 2),
            Append(Id(4)));

        Assert.IsType<AppendResult.Appended>(results[0]);
        Assert.Equal(new AppendResult.Conflict(0, claim, Id(1)), results[1]);
        Assert.Equal(new AppendResult.Conflict(0, null, null), results[2]);
        Assert.IsType<AppendResult.Appended>(results[3]);
        Assert.Equal(new AppendResult.Conflict(3, null, null), results[4]);
        Assert.IsType<AppendResult.Appended>(results[5]);
        Assert.Null(await Store.ReadHistory(Id(2)));
    }

    [Fact]
    public async Task Append_KeepsTheOrderOfOneJob_WhenManyAreQueued()
    {
        var results = await AppendAll([.. Enumerable.Range(0, 500).Select(n => Append(Id(1), expected: n))]);

        Assert.All(results, result => Assert.IsType<AppendResult.Appended>(result));
        var events = await Store.ReadEvents(Id(1), 0, 1000);
        Assert.Equal(Enumerable.Range(1, 500).Select(n => $$"""{"n":{{n}}}"""), events.Select(@event => Text(@event.Payload)));
    }

    [Fact]
    public async Task Append_IsRefusedForEver_WhenTheIncarnationIsFenced()
    {
        await Appended(Append(Id(1)));
        await FenceOff(Store);

        var results = await AppendAll(Append(Id(1), expected: 1) with { Row = Row(Id(1)) }, Append(Id(2)), Append(Id(1), expected: 9));
        Assert.All(results, result => Assert.IsType<AppendResult.Fenced>(result));
        Assert.IsType<AppendResult.Fenced>(await Store.Append(Append(Id(3))));
        Assert.Single((await Store.ReadHistory(Id(1)))!.Events);
        Assert.Null(await Store.FindJob(Id(1)));
        Assert.Null(await Store.ReadHistory(Id(2)));
    }

    [Fact]
    public async Task Append_WorksAgain_WhenTheFencedIsReopened()
    {
        await FenceOff(Store);
        await Reopen();
        await Appended(Append(Id(1)));
    }

    [Fact]
    public async Task Append_AnswersFenced_WhenTheStoreIsDisposed()
    {
        await Store.DisposeAsync();
        Assert.IsType<AppendResult.Fenced>(await Store.Append(Append(Id(1))));
    }

    [Fact]
    public async Task Append_RefusesMistakes_BeforeItQueues()
    {
        var claim = new Claim("a", "1");
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Append(new AppendRequest(Id(1), 0, [])));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.Append(Append(Id(1), expected: -1)));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Append(Append(Id(1)) with { Row = Row(Id(2)) }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Append(Append(Id(1)) with { Claims = [claim, claim] }));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await Store.Append(Append(Id(1)) with { Claims = [claim, claim with { Fingerprint = "other" }] }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Append(Append(Id(1)) with { Terms = ["word"] }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Append(Append(Id(1), expected: 1) with { Terms = ["word"], Row = Row(Id(1)) }));
    }

    [Fact]
    public async Task Append_LeavesNoGap_WhenTenThousandCompete()
    {
        const int jobs = 100, appends = 100;
        await Task.WhenAll(Enumerable.Range(0, jobs).Select(async job =>
        {
            await Task.Yield();
            for (var n = 0; n < appends; n++) await Appended(Append(Id(job), expected: n));
        }));

        var orderings = new HashSet<long>();
        for (var job = 0; job < jobs; job++)
        {
            var events = await Store.ReadEvents(Id(job), 0, 1000);
            Assert.Equal(Enumerable.Range(1, appends).Select(n => (long)n), events.Select(@event => @event.SequenceNr));
            Assert.All(events, @event => Assert.True(orderings.Add(@event.Ordering)));
        }
    }

    [Fact]
    public async Task Append_LetsOneWin_WhenTwoExpectTheSameNumber()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            await Task.Yield();
            return await Store.Append(Append(Id(1)));
        }));

        Assert.Single(results, result => result is AppendResult.Appended);
        Assert.Equal(49, results.Count(result => result == new AppendResult.Conflict(1, null, null)));
    }
}
