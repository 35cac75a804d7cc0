using System.Collections.Immutable;
using Dispatcher.Jobs;
using Dispatcher.Store;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store;

public abstract partial class JobStoreConformance
{
    [Fact]
    public async Task Reads_FindNothing_WhenTheStoreIsEmpty()
    {
        Assert.Null(await Store.ReadHistory(Id(1)));
        Assert.Empty(await Store.ReadEvents(Id(1), 0, 10));
        Assert.Null(await Store.FindJob(Id(1)));
        Assert.Empty((await Store.ListJobs(new JobQuery())).Rows);
        Assert.Empty(await Store.ReadDue(Noon, null, 10));
        Assert.Null(await Store.NextWakeUp(DateTimeOffset.UnixEpoch));
        Assert.Null(await Store.FindWorkflow("aa"));
        Assert.Null(await Store.FindRegistered("acme", "render", null));
        Assert.Empty(await Store.ListRegistered("acme", null, null, 10));
        Assert.Empty(await Store.FindJobs([Id(1)]));
        Assert.Empty(await Store.CountJobs(null));
        Assert.Empty(await Store.ReadInbox(Id(1)));
        Assert.Empty(await Store.ReadWatches(Id(1), 10));
        Assert.Empty((await Store.ReadJournal(0, null, 10)).Entries);
        Assert.Equal(0, await Store.LastOrdering());
    }

    [Fact]
    public async Task Reads_SeeAnAppend_WhenItWasAnswered()
    {
        for (var n = 0; n < 100; n++)
        {
            await Appended(Append(Id(1), expected: n) with { Row = Row(Id(1)) with { Priority = n }, StatusBefore = n == 0 ? JobStatus.None : JobStatus.Running });
            Assert.Equal(n + 1, (await Store.ReadHistory(Id(1)))!.Events.Count);
            Assert.Equal(n, (await Store.FindJob(Id(1)))!.Priority);
        }
    }

    [Fact]
    public async Task ReadHistory_GivesAllEvents_WhenThereIsNoSnapshot()
    {
        await Appended(Append(Id(1), events: 5));

        var history = (await Store.ReadHistory(Id(1)))!;
        Assert.Equal((Id(1), null, 0L, 5), (history.Id, history.Snapshot, history.SnapshotSequenceNr, history.Events.Count));
    }

    [Fact]
    public async Task ReadHistory_GivesTheNewestSnapshotAndWhatFollows_WhenThereAreSeveral()
    {
        await Appended(Append(Id(1), events: 2) with { Snapshot = Snapshot("old") });
        await Appended(Append(Id(1), expected: 2, events: 2) with { Snapshot = Snapshot("new", version: 7) });
        await Appended(Append(Id(1), expected: 4, events: 3));

        var history = (await Store.ReadHistory(Id(1)))!;
        Assert.Equal(("new", 7, 4L), (Text(history.Snapshot!.Payload), history.Snapshot.Version, history.SnapshotSequenceNr));
        Assert.Equal([5L, 6L, 7L], history.Events.Select(@event => @event.SequenceNr));
        Assert.Equal(7, (await Store.ReadEvents(Id(1), 0, 10)).Count);
    }

    [Fact]
    public async Task ReadHistories_GivesThatOfEachJob_InTheirOrder()
    {
        await Appended(Append(Id(1), events: 2) with { Snapshot = Snapshot("one") });
        await Appended(Append(Id(1), expected: 2, events: 3));
        await Appended(Append(Id(2), events: 4));

        var histories = await Store.ReadHistories([Id(2), Id(3), Id(1), Id(2)]);

        Assert.Equal([Id(2), null, Id(1), Id(2)], histories.Select(history => history?.Id));
        Assert.Equal([1L, 2L, 3L, 4L], histories[0]!.Events.Select(@event => @event.SequenceNr));
        Assert.Equal(("one", 2L), (Text(histories[2]!.Snapshot!.Payload), histories[2]!.SnapshotSequenceNr));
        Assert.Equal([3L, 4L, 5L], histories[2]!.Events.Select(@event => @event.SequenceNr));
        Assert.Empty(await Store.ReadHistories([]));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.ReadHistories([.. Enumerable.Repeat(Id(1), 1001)]));
    }

    [Fact]
    public async Task ReadHistory_GivesTheSnapshotAlone_WhenNothingFollows()
    {
        await Appended(Append(Id(1), events: 2) with { Snapshot = Snapshot("all"), Row = Row(Id(1), JobRow.Active) });

        var history = (await Store.ReadHistory(Id(1)))!;
        Assert.Equal((2L, 0), (history.SnapshotSequenceNr, history.Events.Count));
        var due = Assert.Single(await Store.ReadDue(Noon, null, 10));
        Assert.Equal((2L, 0), (due.History.SnapshotSequenceNr, due.History.Events.Count));
    }

    [Theory]
    [InlineData(0, 2, new long[] { 1, 2 })]
    [InlineData(2, 2, new long[] { 3, 4 })]
    [InlineData(4, 2, new long[] { 5 })]
    [InlineData(5, 2, new long[0])]
    public async Task ReadEvents_GivesAPage_AfterANumber(long after, int limit, long[] expected)
    {
        await Appended(Append(Id(1), events: 5));
        await Appended(Append(Id(2), events: 9));

        Assert.Equal(expected, (await Store.ReadEvents(Id(1), after, limit)).Select(@event => @event.SequenceNr));
    }

    [Fact]
    public async Task ReadDue_OrdersByTimeThenId_InPages()
    {
        await AppendRow(Row(Id(5), JobRow.Active));
        await AppendRow(Row(Id(2), Noon));
        await AppendRow(Row(Id(3), Noon.AddSeconds(-1)));
        await AppendRow(Row(Id(1), Noon));
        await AppendRow(Row(Id(4), JobRow.Active));
        await AppendRow(Row(Id(6), Noon.AddTicks(10)));
        await AppendRow(Row(Id(7), wakeAt: null));

        var pages = new List<JobId[]>();
        DueCursor? cursor = null;
        while (await Store.ReadDue(Noon, cursor, 2) is { Count: > 0 } page)
        {
            pages.Add([.. page.Select(due => due.History.Id)]);
            cursor = new DueCursor(page[^1].WakeAt, page[^1].History.Id);
        }

        Assert.Equal([[Id(4), Id(5)], [Id(3), Id(1)], [Id(2)]], pages);
    }

    [Fact]
    public async Task ReadDue_BringsTheHistory_ShortenedBySnapshots()
    {
        await Appended(Append(Id(1), events: 4) with { Snapshot = Snapshot("state") });
        await Appended(Append(Id(1), expected: 4, events: 2) with { Row = Row(Id(1), Noon) });
        await Appended(Append(Id(2), events: 3) with { Row = Row(Id(2), Noon) });

        var due = await Store.ReadDue(Noon, null, 10);
        Assert.Equal([Noon, Noon], due.Select(job => job.WakeAt));
        Assert.Equal([5L, 6L], due[0].History.Events.Select(@event => @event.SequenceNr));
        Assert.Equal("state", Text(due[0].History.Snapshot!.Payload));
        Assert.Equal([1L, 2L, 3L], due[1].History.Events.Select(@event => @event.SequenceNr));
    }

    [Fact]
    public async Task ReadDue_FollowsTheRow_WhenItsWakeUpChanges()
    {
        await AppendRow(Row(Id(1), Noon));
        await Appended(Append(Id(1), expected: 1));
        Assert.Single(await Store.ReadDue(Noon, null, 10));

        await Appended(Append(Id(1), expected: 2) with { Row = Row(Id(1), Noon.AddHours(1)), StatusBefore = JobStatus.Running });
        Assert.Empty(await Store.ReadDue(Noon, null, 10));
        Assert.Single(await Store.ReadDue(Noon.AddHours(1), null, 10));

        await Appended(Append(Id(1), expected: 3) with { Row = Row(Id(1), wakeAt: null, JobStatus.Completed), StatusBefore = JobStatus.Running });
        Assert.Empty(await Store.ReadDue(Noon.AddHours(2), null, 10));
    }

    [Fact]
    public async Task NextWakeUp_GivesTheEarliest_AfterATime()
    {
        await AppendRow(Row(Id(1), JobRow.Active));
        await AppendRow(Row(Id(2), Noon.AddSeconds(2)));
        await AppendRow(Row(Id(3), Noon.AddSeconds(1)));

        Assert.Equal(Noon.AddSeconds(1), await Store.NextWakeUp(DateTimeOffset.UnixEpoch));
        Assert.Equal(Noon.AddSeconds(2), await Store.NextWakeUp(Noon.AddSeconds(1)));
        Assert.Null(await Store.NextWakeUp(Noon.AddSeconds(2)));
    }

    [Fact]
    public async Task FindJob_GivesTheRowAsItWas_WithEveryField()
    {
        var full = Row(Id(1), Noon.AddTicks(70)) with
        {
            WaitsFor = "approval",
            CorrelationId = "order-ä",
            Labels = ImmutableSortedDictionary<string, string>.Empty.Add("b", "2").Add("a", "\"quoted\" 日本"),
        };
        await AppendRow(full);
        await AppendRow(Row(Id(2)));

        var found = (await Store.FindJob(Id(1)))!;
        Assert.Equal(full with { Labels = null }, found with { Labels = null });
        Assert.Equal(full.Labels, found.Labels);
        Assert.Equal(Row(Id(2)), await Store.FindJob(Id(2)));
    }

    [Fact]
    public async Task FindJob_GivesTheLastRow_WhenItWasWrittenAgain()
    {
        await AppendRow(Row(Id(1), JobRow.Active) with { WaitsFor = "pause" });
        var last = Row(Id(1), wakeAt: null, JobStatus.Failed) with { Priority = 9, UpdatedAt = Noon.AddHours(1) };
        await Appended(Append(Id(1), expected: 1) with { Row = last, StatusBefore = JobStatus.Running });

        Assert.Equal(last, await Store.FindJob(Id(1)));
    }

    [Theory]
    [InlineData("acme", null, null, new[] { 6, 4, 2 })]
    [InlineData(null, JobStatus.Failed, null, new[] { 6, 3 })]
    [InlineData(null, null, "encode", new[] { 5 })]
    [InlineData("acme", JobStatus.Failed, "render", new[] { 6 })]
    [InlineData("nobody", null, null, new int[0])]
    [InlineData(null, null, null, new[] { 6, 5, 4, 3, 2, 1 })]
    public async Task ListJobs_GivesWhatMatches_NewestFirst(string? tenant, JobStatus? status, string? workflow, int[] expected)
    {
        for (var n = 1; n <= 6; n++)
        {
            await AppendRow(Row(
                Id(n),
                tenant: n % 2 == 0 ? "acme" : "other",
                status: n % 3 == 0 ? JobStatus.Failed : JobStatus.Running,
                workflow: n == 5 ? "encode" : "render"));
        }

        var rows = await Store.ListJobs(new JobQuery { Tenant = tenant, Status = status, WorkflowName = workflow });
        Assert.Equal(expected.Select(Id), rows.Rows.Select(row => row.Id));
    }

    [Fact]
    public async Task ListJobs_GivesEachRowOnce_OverItsPages()
    {
        for (var n = 1; n <= 10; n++) await AppendRow(Row(Id(n), tenant: n == 5 ? "other" : "acme"));

        var seen = new List<JobId>();
        JobId? before = null;
        do
        {
            var page = await Store.ListJobs(new JobQuery { Tenant = "acme", Before = before, Limit = 4 });
            Assert.True(page.Rows.Count <= 4);
            seen.AddRange(page.Rows.Select(row => row.Id));
            before = page.Next;
        }
        while (before is not null);

        Assert.Equal(Enumerable.Range(1, 10).Where(n => n != 5).Reverse().Select(Id), seen);
    }

    [Fact]
    public async Task RegisterWorkflow_KeepsTheFirst_UnderItsNameAndVersion()
    {
        Assert.Equal(WorkflowRegistration.Registered, await Store.RegisterWorkflow("acme", Workflow("aa"), Noon));
        Assert.Equal(WorkflowRegistration.Same, await Store.RegisterWorkflow("acme", Workflow("aa"), Noon));
        Assert.Equal(WorkflowRegistration.Different, await Store.RegisterWorkflow("acme", Workflow("bb"), Noon));
        Assert.Equal(WorkflowRegistration.Registered, await Store.RegisterWorkflow("acme", Workflow("bb", version: 2), Noon));

        Assert.Equal(Workflow("aa"), await Store.FindWorkflow("aa"));
        Assert.Equal(Workflow("bb", version: 2), await Store.FindWorkflow("bb"));
        Assert.Null(await Store.FindWorkflow("cc"));
    }

    [Fact]
    public async Task KeepWorkflow_StoresByHash_AndRegistersNothing()
    {
        await Store.KeepWorkflow(Workflow("aa"));
        await Store.KeepWorkflow(Workflow("aa"));
        await Store.KeepWorkflow(Workflow("bb"));

        Assert.Equal((Workflow("aa"), Workflow("bb")), (await Store.FindWorkflow("aa"), await Store.FindWorkflow("bb")));
        Assert.Equal(WorkflowRegistration.Registered, await Store.RegisterWorkflow("acme", Workflow("bb"), Noon));
        Assert.Equal("bb", (await Store.FindRegistered("acme", Workflow("bb").Name, null))!.Hash);
    }

    [Fact]
    public async Task Reopen_KeepsEverything_AndBeginsALargerIncarnation()
    {
        var claim = new Claim("idempotency", "1");
        await Appended(Append(Id(1), events: 3) with { Row = Row(Id(1), Noon), Claims = [claim], Snapshot = Snapshot("state") });
        await Appended(Append(Id(1), expected: 3));
        await Store.RegisterWorkflow("acme", Workflow(), Noon);
        var before = Store.Incarnation;

        await Reopen();

        Assert.True(Store.Incarnation > before);
        var history = (await Store.ReadHistory(Id(1)))!;
        Assert.Equal(("state", 4L), (Text(history.Snapshot!.Payload), Assert.Single(history.Events).SequenceNr));
        Assert.Equal(Row(Id(1), Noon), await Store.FindJob(Id(1)));
        Assert.Single(await Store.ReadDue(Noon, null, 10));
        Assert.Equal(WorkflowRegistration.Same, await Store.RegisterWorkflow("acme", Workflow(), Noon));
        Assert.Equal(new AppendResult.Conflict(0, claim, Id(1)), await Store.Append(Append(Id(2)) with { Claims = [claim] }));
        await Appended(Append(Id(1), expected: 4));
    }

    [Fact]
    public async Task Dispose_AnswersWhatIsQueued_AsWritten()
    {
        var answers = Enumerable.Range(0, 200).Select(n => Store.Append(Append(Id(1), expected: n)).AsTask()).ToList();
        await Reopen();

        Assert.All(await Task.WhenAll(answers), answer => Assert.IsType<AppendResult.Appended>(answer));
        Assert.Equal(200, (await Store.ReadHistory(Id(1)))!.Events.Count);
    }

    private Task AppendRow(JobRow row) => Appended(Append(row.Id) with { Row = row });
}
