using System.Collections.Concurrent;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Sharding;
using Dispatcher.Store;

namespace Dispatcher.JobActors;

/// <summary>The jobs of a node that are in memory: at most one actor a job. Bounded by the jobs that are active or were asked for.</summary>
public sealed class JobRegistry
{
    private readonly ConcurrentDictionary<JobId, ActorCell> _cells = new();

    public int Count => _cells.Count;

    /// <summary>The cell that is registered. A made cell starts only once it is: two actors of one job never live at a time.</summary>
    /// <param name="shards">Asked once the cell is registered: whoever lets the job's shard go does so first and looks for cells then, so one of the two sees the other.</param>
    /// <returns>Null when the job is not this node's any more.</returns>
    internal ActorCell? GetOrStart(JobId id, Func<JobId, ActorCell> make, ShardTable shards, out bool started)
    {
        started = false;
        while (true)
        {
            if (_cells.TryGetValue(id, out var known)) return known;
            var made = make(id);
            if (!_cells.TryAdd(id, made)) continue;
            if (!shards.IsMine(id))
            {
                Remove(id, made);
                return null;
            }

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

    /// <summary>Those of some shards.</summary>
    internal void Broadcast(ShardSet shards, object message)
    {
        foreach (var (id, cell) in _cells)
        {
            if (shards.Contains(id)) cell.Tell(message);
        }
    }

    /// <summary>Asks those of some shards to leave.</summary>
    /// <param name="left">Completes when those that were there have left.</param>
    /// <returns>False when there was none.</returns>
    internal bool Leave(ShardSet shards, out Task left)
    {
        var leaving = new List<Task>();
        foreach (var (id, cell) in _cells)
        {
            if (!shards.Contains(id)) continue;
            var message = new LeaveMessage();
            if (cell.Tell(message)) leaving.Add(message.Gone);
            else Remove(id, cell);
        }

        left = Task.WhenAll(leaving);
        return leaving.Count > 0;
    }

    /// <summary>Jobs in memory, each with whether it runs steps now; for people.</summary>
    internal IReadOnlyCollection<JobId> Ids => [.. _cells.Keys];
}
