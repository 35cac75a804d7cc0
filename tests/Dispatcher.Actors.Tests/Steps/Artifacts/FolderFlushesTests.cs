using System.Collections.Concurrent;
using Dispatcher.Steps.Artifacts;

namespace Dispatcher.Actors.Tests.Steps.Artifacts;

public sealed class FolderFlushesTests
{
    private const string Folder = "/acme";

    [Fact]
    public async Task Flush_ComesBackAfterAFlushThatBeganAfterTheCall_HoweverManyAsk()
    {
        var names = new ConcurrentDictionary<int, bool>();
        var durable = new ConcurrentDictionary<int, bool>();
        var flushes = new FolderFlushes(_ =>
        {
            var found = names.Keys;
            Thread.Yield();
            foreach (var name in found) durable[name] = true;
        });

        await Parallel.ForEachAsync(Enumerable.Range(0, 2000), new ParallelOptions { MaxDegreeOfParallelism = 8 }, (name, _) =>
        {
            names[name] = true;
            flushes.Flush(Folder);
            Assert.True(durable.ContainsKey(name));
            return ValueTask.CompletedTask;
        });
    }

    [Fact]
    public void Flush_IsOneForAllWhoWaitForIt()
    {
        using var first = new ManualResetEventSlim();
        var count = 0;
        var flushes = new FolderFlushes(path =>
        {
            Assert.Equal(Folder, path);
            if (Interlocked.Increment(ref count) == 1) first.Wait();
        });
        var threads = Enumerable.Range(0, 9).Select(_ => new Thread(() => flushes.Flush(Folder))).ToList();
        threads.ForEach(thread => thread.Start());
        SpinWait.SpinUntil(() => threads.TrueForAll(thread => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin)));

        first.Set();
        threads.ForEach(thread => thread.Join());

        Assert.Equal(2, count);
    }

    [Fact]
    public void Flush_OfOneFolder_DoesNotWaitForThatOfAnother()
    {
        FolderFlushes? flushes = null;
        var flushed = new ConcurrentQueue<string>();
        flushes = new FolderFlushes(path =>
        {
            if (path == Folder)
            {
                var other = new Thread(() => flushes!.Flush("/globex"));
                other.Start();
                other.Join();
            }

            flushed.Enqueue(path);
        });

        flushes.Flush(Folder);

        Assert.Equal(["/globex", Folder], flushed);
    }
}
