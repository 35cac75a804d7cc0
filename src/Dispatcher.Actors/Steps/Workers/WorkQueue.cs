namespace Dispatcher.Steps.Workers;

/// <summary>
/// One queue of one tenant: tasks in the order of priority and then age, polls in the order of their arrival. One of the two lines is always empty.
/// Without either it is a few numbers: no timer, no task.
/// </summary>
internal sealed class WorkQueue(string tenant, string name)
{
    /// <summary>Workers that are remembered; beyond it the one that was not heard for the longest time is forgotten.</summary>
    private const int WorkerLimit = 1_000;

    private readonly Dictionary<string, SeenWorker> _workers = new(StringComparer.Ordinal);

    public string Tenant { get; } = tenant;

    public string Name { get; } = name;

    public SortedSet<WorkerTask> Waiting { get; } = new(TaskOrder.Instance);

    public LinkedList<WorkerPoll> Polls { get; } = [];

    /// <summary>Tasks that are with workers, or on their way to them.</summary>
    public int Leased { get; set; }

    public long CompletedTotal { get; set; }

    public long FailedTotal { get; set; }

    /// <summary>Leases that ended without a word of the worker.</summary>
    public long LostTotal { get; set; }

    public SpanStatistics WaitTimes { get; } = new();

    public SpanStatistics RunTimes { get; } = new();

    /// <summary>When it was last used; the queue that was idle longest makes room for a new one.</summary>
    public DateTimeOffset UsedAt { get; set; }

    public bool IsIdle => Waiting.Count == 0 && Polls.Count == 0 && Leased == 0;

    public IEnumerable<SeenWorker> Workers => _workers.Values;

    public SeenWorker Seen(string worker, DateTimeOffset now)
    {
        UsedAt = now;
        if (!_workers.TryGetValue(worker, out var seen))
        {
            if (_workers.Count >= WorkerLimit) Forget();
            _workers[worker] = seen = new SeenWorker(worker);
        }

        seen.LastSeen = now;
        return seen;
    }

    private void Forget()
    {
        if (_workers.Values.Where(worker => worker.Leases == 0).MinBy(worker => worker.LastSeen) is { } oldest) _workers.Remove(oldest.Name);
    }

    private sealed class TaskOrder : IComparer<WorkerTask>
    {
        public static TaskOrder Instance { get; } = new();

        public int Compare(WorkerTask? x, WorkerTask? y) =>
            x!.Priority != y!.Priority ? y.Priority.CompareTo(x.Priority) : x.Order.CompareTo(y.Order);
    }
}

/// <summary>A worker as a queue knows it.</summary>
internal sealed class SeenWorker(string name)
{
    public string Name { get; } = name;

    public DateTimeOffset LastSeen { get; set; }

    public int Leases { get; set; }

    public bool IsDraining { get; set; }
}

/// <summary>Lengths of time, as a mean and a maximum.</summary>
internal sealed class SpanStatistics
{
    private double _sumMs;

    public long Count { get; private set; }

    public double MaxMs { get; private set; }

    public double MeanMs => Count == 0 ? 0 : _sumMs / Count;

    public void Add(TimeSpan span)
    {
        Count++;
        _sumMs += span.TotalMilliseconds;
        MaxMs = Math.Max(MaxMs, span.TotalMilliseconds);
    }
}
