using System.Text;
using Dispatcher.Jobs;
using Dispatcher.Store;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>Messages between jobs: durable from the commit of their cause to the commit of their effect.</summary>
public abstract partial class JobStoreConformance
{
    [Fact]
    public async Task Message_IsInTheInbox_WhenItsCauseWasAppended()
    {
        await AppendRow(Row(Id(1)));
        await AppendRow(Row(Id(2)));

        var appended = await Appended(Append(Id(1), expected: 1) with { Messages = [Message(Id(2), "stop")] });

        Assert.Equal([Id(2)], appended.Woken);
        var message = Assert.Single(await Store.ReadInbox(Id(2)));
        Assert.Equal((Id(2), Id(1), MessageKind.Cancel, JobStatus.None, "stop"), (message.To, message.From, message.Kind, message.Outcome, Text(message.Payload)));
        Assert.Equal(message.Id, Assert.Single((await Store.ReadHistory(Id(2)))!.Inbox).Id);
        Assert.Empty(await Store.ReadInbox(Id(1)));
    }

    [Fact]
    public async Task Message_KeepsItsOrder_AlsoOverAReopening()
    {
        await AppendRow(Row(Id(1)));
        await AppendRow(Row(Id(2)));
        await Appended(Append(Id(1), expected: 1) with { Messages = [Message(Id(2), "a"), Message(Id(2), "b")] });
        await Reopen();
        await Appended(Append(Id(1), expected: 2) with { Messages = [Message(Id(2), "c")] });

        var inbox = await Store.ReadInbox(Id(2));
        Assert.Equal(["a", "b", "c"], inbox.Select(message => Text(message.Payload)));
        Assert.Equal(inbox.Select(message => message.Id).Distinct().Order(), inbox.Select(message => message.Id));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Message_MakesASleepingJobDue_AndComesWithItsHistory(bool sleepsTillLater)
    {
        await AppendRow(Row(Id(1)));
        await AppendRow(Row(Id(2), sleepsTillLater ? Noon.AddDays(1) : null, JobStatus.Waiting));
        Assert.Empty(await Store.ReadDue(Noon, null, 10));

        await Appended(Append(Id(1), expected: 1) with { Messages = [Message(Id(2))] });

        var due = Assert.Single(await Store.ReadDue(JobRow.Active, null, 10));
        Assert.Equal((Id(2), JobRow.Active), (due.History.Id, due.WakeAt));
        Assert.Single(due.History.Inbox);
    }

    [Fact]
    public async Task Message_IsDropped_WhenItsReceiverHasEndedOrIsNotStored()
    {
        await AppendRow(Row(Id(1)));
        await AppendRow(Row(Id(2), status: JobStatus.Completed));

        var appended = await Appended(Append(Id(1), expected: 1) with { Messages = [Message(Id(2)), Message(Id(3))] });
        await AppendRow(Row(Id(3)));

        Assert.Empty(appended.Woken);
        Assert.Empty(await Store.ReadInbox(Id(2)));
        Assert.Empty(await Store.ReadInbox(Id(3)));
        Assert.Empty(await Store.ReadDue(Noon, null, 10));
    }

    [Fact]
    public async Task Woken_NamesEachReceiverOnce()
    {
        for (var n = 1; n <= 3; n++) await AppendRow(Row(Id(n)));

        var appended = await Appended(Append(Id(1), expected: 1) with { Messages = [Message(Id(3)), Message(Id(2)), Message(Id(3)), Message(Id(1))] });

        Assert.Equal([Id(1), Id(2), Id(3)], appended.Woken.Order());
        Assert.Empty((await Appended(Append(Id(1), expected: 2))).Woken);
    }

    [Fact]
    public async Task Consumed_IsDeleted_WithTheEventsOfItsEffect()
    {
        var inbox = await MailFor(Id(2), "a", "b", "c");

        await Appended(Append(Id(2), expected: 1) with { ConsumedMessages = [inbox[0].Id, inbox[2].Id] });

        Assert.Equal("b", Text(Assert.Single(await Store.ReadInbox(Id(2))).Payload));
    }

    [Fact]
    public async Task Consumed_StaysInTheInbox_WhenItsAppendIsRefused()
    {
        var inbox = await MailFor(Id(2), "a");

        Assert.IsType<AppendResult.Conflict>(await Store.Append(Append(Id(2), expected: 7) with { ConsumedMessages = [inbox[0].Id] }));

        Assert.Single(await Store.ReadInbox(Id(2)));
    }

    [Fact]
    public async Task Consumed_OfAnotherJob_IsLeftAlone()
    {
        var inbox = await MailFor(Id(2), "a");

        await Appended(Append(Id(1), expected: 2) with { ConsumedMessages = [inbox[0].Id] });

        Assert.Single(await Store.ReadInbox(Id(2)));
    }

    [Fact]
    public async Task AppendWithoutEvents_ConsumesMessages_AtTheRightNumberOnly()
    {
        var inbox = await MailFor(Id(2), "a");
        var quiet = new AppendRequest(Id(2), 1, []) { ConsumedMessages = [inbox[0].Id], Row = Row(Id(2)), StatusBefore = JobStatus.Running };

        Assert.Equal(new AppendResult.Conflict(1, null, null), await Store.Append(quiet with { ExpectedSequenceNr = 0 }));
        Assert.Equal(new AppendResult.Conflict(1, null, null), await Store.Append(quiet with { ExpectedSequenceNr = 2 }));
        Assert.Single(await Store.ReadInbox(Id(2)));

        Assert.Equal(0, (await Appended(quiet)).FirstOrdering);
        Assert.Empty(await Store.ReadInbox(Id(2)));
        Assert.Single(await Store.ReadEvents(Id(2), 0, 10));
        Assert.Empty(await Store.ReadDue(Noon, null, 10));
        await Appended(Append(Id(2), expected: 1));
    }

    [Fact]
    public async Task AppendWithoutEvents_WritesOnlyTheRow()
    {
        await AppendRow(Row(Id(1)));
        var parked = Row(Id(1)) with { WaitsFor = JobRow.ParkedForHandler };
        var quiet = new AppendRequest(Id(1), 1, []) { Row = parked, StatusBefore = parked.Status };

        Assert.Equal(new AppendResult.Conflict(1, null, null), await Store.Append(quiet with { ExpectedSequenceNr = 2 }));
        Assert.Equal(0, (await Appended(quiet)).FirstOrdering);
        Assert.Equal(parked, await Store.FindJob(Id(1)));
        Assert.Single(await Store.ReadEvents(Id(1), 0, 10));
    }

    [Fact]
    public async Task Row_LeavesAJobDue_WhileMailIsLeft()
    {
        var inbox = await MailFor(Id(2), "a");
        var asleep = Row(Id(2), Noon.AddDays(1), JobStatus.Waiting);
        await Appended(Append(Id(2), expected: 1) with { Row = asleep, StatusBefore = JobStatus.Running });
        Assert.Single(await Store.ReadDue(JobRow.Active, null, 10));

        await Appended(Append(Id(2), expected: 2) with { Row = asleep, StatusBefore = JobStatus.Waiting, ConsumedMessages = [inbox[0].Id] });
        Assert.Empty(await Store.ReadDue(Noon, null, 10));
        Assert.Equal(asleep, await Store.FindJob(Id(2)));
    }

    [Fact]
    public async Task End_EmptiesTheInbox()
    {
        await MailFor(Id(2), "a", "b");

        await End(Id(2), expected: 1);

        Assert.Empty(await Store.ReadInbox(Id(2)));
        Assert.Empty(await Store.ReadDue(Noon, null, 10));
        await AppendRow(Row(Id(3)));
        await Appended(Append(Id(3), expected: 1) with { Messages = [Message(Id(1))] });
        Assert.Single(await Store.ReadInbox(Id(1)));
    }

    private static NewMessage Message(JobId to, string payload = "") => new(to, MessageKind.Cancel, Encoding.UTF8.GetBytes(payload));

    /// <summary>Two jobs of one event each; the first one sends the messages with its second.</summary>
    private async Task<IReadOnlyList<InboxMessage>> MailFor(JobId receiver, params string[] payloads)
    {
        await AppendRow(Row(Id(1)));
        await AppendRow(Row(receiver));
        await Appended(Append(Id(1), expected: 1) with { Messages = [.. payloads.Select(payload => Message(receiver, payload))] });
        return await Store.ReadInbox(receiver);
    }

    private Task<AppendResult.Appended> End(JobId id, long expected, JobStatus status = JobStatus.Completed, JobStatus before = JobStatus.Running, string note = "") =>
        Appended(Ending(id, expected, status, before, note));

    private static AppendRequest Ending(JobId id, long expected, JobStatus status = JobStatus.Completed, JobStatus before = JobStatus.Running, string note = "") =>
        Append(id, expected) with { Row = Row(id, status: status), StatusBefore = before, EndNote = Encoding.UTF8.GetBytes(note) };
}
