using Dispatcher.Kernel;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>
/// A node's threads in a simulation: one queue, from which a seeded generator picks what runs next. It is the actors' scheduler and the synchronisation context of
/// their continuations, so nothing of the node runs anywhere else. Killed, it runs nothing any more and forgets what was queued.
/// </summary>
internal sealed class SimulatedScheduler(Random chance) : ActorScheduler
{
    private readonly List<Action> _queue = [];
    private readonly Context _context = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private bool _killed;

    public bool HasWork => _queue.Count > 0;

    public override void Schedule(IThreadPoolWorkItem item) => Enqueue(item.Execute);

    public void Kill()
    {
        _killed = true;
        _queue.Clear();
    }

    /// <summary>Runs one piece of work, chosen by chance.</summary>
    public void RunOne()
    {
        var index = chance.Next(_queue.Count);
        var work = _queue[index];
        _queue.RemoveAt(index);
        Within(work);
    }

    /// <summary>Runs something as if it were the node's own code.</summary>
    public void Within(Action work)
    {
        var before = SynchronizationContext.Current;
        _context.Owner = this;
        SynchronizationContext.SetSynchronizationContext(_context);
        try
        {
            work();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private void Enqueue(Action work)
    {
        if (Environment.CurrentManagedThreadId != _thread) throw new InvalidOperationException("Engine code has left the simulation's thread.");
        if (!_killed) _queue.Add(work);
    }

    private sealed class Context : SynchronizationContext
    {
        public SimulatedScheduler Owner { get; set; } = null!;

        public override void Post(SendOrPostCallback d, object? state) => Owner.Enqueue(() => d(state));

        public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Engine code must not block on a continuation.");

        public override SynchronizationContext CreateCopy() => this;
    }
}
