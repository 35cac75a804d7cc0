using Dispatcher.Kernel;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.Kernel;

/// <summary>The same kernel on real threads.</summary>
public sealed class ActorConcurrencyTests
{
    [Fact]
    public async Task Tell_LosesAndDoublesNothing_WhenManyThreadsTellActorsThatPassivate()
    {
        const int Tellers = 8;
        const int MessagesEach = 20_000;
        using var system = new ActorSystem(ActorScheduler.ThreadPool, TimeProvider.System, NullLogger.Instance);
        var seen = new int[Tellers][];
        for (var i = 0; i < Tellers; i++) seen[i] = new int[MessagesEach];
        var inside = 0;
        var overlaps = 0;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var received = 0;
        var registry = new System.Collections.Concurrent.ConcurrentDictionary<int, ActorCell>();
        var tellers = Enumerable.Range(0, Tellers).Select(teller => Task.Factory.StartNew(() =>
        {
            for (var i = 0; i < MessagesEach; i++)
            {
                while (true)
                {
                    var cell = registry.GetOrAdd(0, _ => system.Create(() => new Passivating(Handle)));
                    if (Started.Add(cell)) cell.Start();
                    if (cell.Tell((teller, i))) break;
                    registry.TryRemove(new KeyValuePair<int, ActorCell>(0, cell));
                }
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        await Task.WhenAll(tellers);
        await done.Task;
        Assert.Equal(0, overlaps);
        Assert.All(seen, each => Assert.All(each, count => Assert.Equal(1, count)));

        void Handle((int Teller, int Number) message)
        {
            if (Interlocked.Increment(ref inside) != 1) Interlocked.Increment(ref overlaps);
            seen[message.Teller][message.Number]++;
            Interlocked.Decrement(ref inside);
            if (Interlocked.Increment(ref received) == Tellers * MessagesEach) done.SetResult();
        }
    }

    private static class Started
    {
        private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<ActorCell, object> Cells = [];

        public static bool Add(ActorCell cell) => Cells.TryAdd(cell, cell);
    }

    private sealed class Passivating(Action<(int, int)> handle) : Actor
    {
        protected internal override ValueTask Receive(object message)
        {
            handle(((int, int))message);
            Self.TryPassivate();
            return ValueTask.CompletedTask;
        }
    }
}
