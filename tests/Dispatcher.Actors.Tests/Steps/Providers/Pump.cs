using System.Collections.Concurrent;
using Dispatcher.Actors.Tests.Kernel;

namespace Dispatcher.Actors.Tests.Steps.Providers;

/// <summary>Runs asynchronous code on the test's own thread; whenever all of it waits, time moves on to the next timer. So a half-hour is over at once, and always in the same way.</summary>
internal sealed class Pump(ManualTimeProvider time) : SynchronizationContext
{
    private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _work = [];
    private int _held;

    public override void Post(SendOrPostCallback d, object? state) => _work.Add((d, state));

    /// <summary>Something was begun whose continuation comes from another thread: time waits for it.</summary>
    public void ExpectWork() => _held++;

    public T Run<T>(Func<ValueTask<T>> body)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            var task = body().AsTask();
            while (!task.IsCompleted) Turn();
            return task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    private void Turn()
    {
        (SendOrPostCallback Callback, object? State) next;
        if (_held > 0)
        {
            Assert.True(_work.TryTake(out next, TimeSpan.FromSeconds(30)), "What was expected did not come.");
            _held--;
        }
        else if (!_work.TryTake(out next))
        {
            Assert.True(time.AdvanceToNextTimer() || _work.Count > 0, "Everything waits, and for nothing.");
            return;
        }

        next.Callback(next.State);
    }
}
