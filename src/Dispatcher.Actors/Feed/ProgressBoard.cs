using Dispatcher.Jobs;

namespace Dispatcher.Feed;

/// <summary>
/// The newest progress of each job that runs, bounded: a newer one takes the place of the older, so a slow subscriber finds the latest and never a queue. A subscriber
/// remembers only how far it has looked.
/// </summary>
internal sealed class ProgressBoard(int limitJobs)
{
    private readonly Lock _lock = new();
    private readonly FeedProgress?[] _slots = new FeedProgress?[limitJobs];
    private readonly Dictionary<JobId, FeedProgress> _latest = [];
    private long _head;
    private int _jobs;

    /// <summary>The index that the next progress gets.</summary>
    public long Head => Volatile.Read(ref _head);

    public void Tell(FeedProgress progress)
    {
        lock (_lock)
        {
            ref var slot = ref _slots[_head % _slots.Length];
            if (slot is { IsSuperseded: false } dropped) _latest.Remove(dropped.JobId);
            if (_latest.TryGetValue(progress.JobId, out var older)) older.IsSuperseded = true;
            progress.Index = _head;
            _latest[progress.JobId] = progress;
            _jobs = _latest.Count;
            Volatile.Write(ref slot, progress);
            Volatile.Write(ref _head, _head + 1);
        }
    }

    /// <summary>What was told of this job does not hold any more.</summary>
    public void Forget(JobId job)
    {
        if (Volatile.Read(ref _jobs) == 0) return;
        lock (_lock)
        {
            if (_latest.Remove(job, out var progress)) progress.IsSuperseded = true;
            _jobs = _latest.Count;
        }
    }

    /// <summary>The progress with this index; null if it was dropped for newer ones or was not told yet.</summary>
    public FeedProgress? Find(long index)
    {
        var found = Volatile.Read(ref _slots[index % _slots.Length]);
        return found?.Index == index ? found : null;
    }

    /// <summary>The oldest index that may still be here.</summary>
    public long Tail => Math.Max(0, Head - _slots.Length);
}
