using System.Collections.Concurrent;
using Dispatcher.Jobs;
using Dispatcher.Kernel;

namespace Dispatcher.JobActors;

/// <summary>The jobs of a node that are in memory: at most one actor a job. Bounded by the jobs that are active or were asked for.</summary>
public sealed class JobRegistry
{
    private readonly ConcurrentDictionary<JobId, ActorCell> _cells = new();

    public int Count => _cells.Count;

    /// <summary>The cell that is registered. A made cell starts only once it is: two actors of one job never live at a time.</summary>
    internal ActorCell GetOrStart(JobId id, Func<JobId, ActorCell> make, out bool started)
    {
        started = false;
        while (true)
        {
            if (_cells.TryGetValue(id, out var known)) return known;
            var made = make(id);
            if (!_cells.TryAdd(id, made)) continue;
            made.Start();
            started = true;
            return made;
        }
    }

    internal ActorCell? Find(JobId id) => _cells.GetValueOrDefault(id);

    internal void Remove(JobId id, ActorCell cell) => _cells.TryRemove(new KeyValuePair<JobId, ActorCell>(id, cell));

    /// <summary>Completes when every job that is in memory now has done what it has in hand.</summary>
    internal Task WhenSettled()
    {
        var waiting = new List<Task>();
        foreach (var (_, cell) in _cells)
        {
            var message = new SettleTask();
            if (cell.Tell(message)) waiting.Add(message.Settled);
        }

        return Task.WhenAll(waiting);
    }

    internal void Broadcast(object message)
    {
        foreach (var (_, cell) in _cells) cell.Tell(message);
    }
}
