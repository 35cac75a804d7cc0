using Dispatcher.Store.GroupCommit;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store.GroupCommit;

public sealed class CommitQueueTests
{
    [Fact]
    public void TakeBatch_TakesAllInOrder_WhenItFits()
    {
        var queue = new CommitQueue(100, 1_000_000, 1000);
        var added = AddMany(queue, 10);

        Assert.Equal(added, Take(queue));
        Assert.Equal(0, queue.QueuedEvents);
    }

    [Fact]
    public void TakeBatch_KeepsTheEventLimit_WhenMoreIsQueued()
    {
        var queue = new CommitQueue(batchLimitEvents: 5, 1_000_000, 1000);
        AddMany(queue, 4, events: 2);

        Assert.Equal([2, 2], [Take(queue).Count, Take(queue).Count]);
    }

    [Fact]
    public void TakeBatch_KeepsTheByteLimit_WhenPayloadsAreLarge()
    {
        var append = new PendingAppend(Append(Id(1)));
        var queue = new CommitQueue(1000, batchLimitBytes: (2 * append.Bytes) + 1, 1000);
        AddMany(queue, 4);

        Assert.Equal([2, 2], [Take(queue).Count, Take(queue).Count]);
    }

    [Fact]
    public void TakeBatch_TakesOneAlone_WhenItIsLargerThanTheLimits()
    {
        var queue = new CommitQueue(batchLimitEvents: 5, batchLimitBytes: 1, queueLimitEvents: 3);
        var large = new PendingAppend(Append(Id(1), events: 50));
        Assert.True(queue.TryAdd(large));
        AddMany(queue, 1);

        Assert.Equal([large], Take(queue));
        Assert.Single(Take(queue));
    }

    [Fact]
    public void TryAdd_LetsAppendsStandInLine_WhenTheQueueIsFull()
    {
        var queue = new CommitQueue(batchLimitEvents: 4, 1_000_000, queueLimitEvents: 10);
        var added = AddMany(queue, 25);
        Assert.Equal((10, 15), (queue.QueuedEvents, queue.AppendsInLine));

        var taken = new List<PendingAppend>();
        while (taken.Count < 25)
        {
            taken.AddRange(Take(queue));
            Assert.True(queue.QueuedEvents <= 10);
            Assert.True(queue.QueuedEvents == 10 || queue.AppendsInLine == 0);
        }

        Assert.Equal(added, taken);
    }

    [Fact]
    public void TryAdd_LetsNobodyPass_WhenASmallOneComesAfterALargeOne()
    {
        var queue = new CommitQueue(100, 1_000_000, queueLimitEvents: 10);
        var added = new[] { 8, 5, 1 }.Select((events, n) => new PendingAppend(Append(Id(n), events: events))).ToList();
        foreach (var append in added) Assert.True(queue.TryAdd(append));

        Assert.Equal((8, 2), (queue.QueuedEvents, queue.AppendsInLine));
        Assert.Equal(added, [.. Take(queue), .. Take(queue)]);
    }

    [Fact]
    public void TryAdd_CountsAnAppendWithoutEvents_AsOne()
    {
        var queue = new CommitQueue(batchLimitEvents: 3, 1_000_000, queueLimitEvents: 10);
        AddMany(queue, 12, events: 0);

        Assert.Equal((10, 2), (queue.QueuedEvents, queue.AppendsInLine));
        Assert.Equal(3, Take(queue).Count);
    }

    [Fact]
    public void Close_HandsOutWhatWasAdded_AndRefusesTheRest()
    {
        var queue = new CommitQueue(10, 1_000_000, queueLimitEvents: 2);
        AddMany(queue, 3);
        queue.Close();

        Assert.False(queue.TryAdd(new PendingAppend(Append(Id(1)))));
        Assert.Equal([2, 1], [Take(queue).Count, Take(queue).Count]);
        Assert.False(queue.TakeBatch([]));
    }

    private static List<PendingAppend> AddMany(CommitQueue queue, int count, int events = 1)
    {
        var added = Enumerable.Range(0, count).Select(n => new PendingAppend(Append(Id(n), events: events))).ToList();
        Assert.All(added, append => Assert.True(queue.TryAdd(append)));
        return added;
    }

    private static List<PendingAppend> Take(CommitQueue queue)
    {
        var batch = new List<PendingAppend>();
        Assert.True(queue.TakeBatch(batch));
        return batch;
    }
}
