using System.Diagnostics.Metrics;
using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher;

/// <summary>The store's counters as a gauge: read when somebody asks, and at most once in five seconds, whoever asks how often.</summary>
internal sealed class StoredJobCounts(IJobStore store, TimeProvider time)
{
    private static readonly TimeSpan ShortestAge = TimeSpan.FromSeconds(5);

    private static readonly JobStatus[] Statuses = [.. Enum.GetValues<JobStatus>().Where(status => status != JobStatus.None)];

    private readonly Lock _lock = new();
    private long[] _jobs = new long[Statuses.Length];
    private long? _readAt;
    private bool _isReading;

    /// <summary>Jobs by status; those of the last reading while the store is slow, none before it has answered once.</summary>
    public IEnumerable<Measurement<long>> Read()
    {
        if (MayRead()) _ = ReadStore();
        lock (_lock) return _readAt is null ? [] : Measurements(_jobs);
    }

    private static Measurement<long>[] Measurements(long[] jobs) =>
        [.. Statuses.Select((status, index) => new Measurement<long>(jobs[index], new KeyValuePair<string, object?>("status", status.ToText())))];

    private bool MayRead()
    {
        lock (_lock)
        {
            if (_isReading || (_readAt is { } readAt && time.GetElapsedTime(readAt) < ShortestAge)) return false;
            return _isReading = true;
        }
    }

    /// <summary>Over SQLite this has ended when it returns.</summary>
    private async Task ReadStore()
    {
        var jobs = new long[Statuses.Length];
        var done = false;
        try
        {
            foreach (var count in await store.CountJobs(tenant: null)) jobs[Array.IndexOf(Statuses, count.Status)] += count.Jobs;
            done = true;
        }
        catch (StoreException)
        {
            // The writer says what is wrong with the disk; here the last values stay.
        }
        finally
        {
            lock (_lock)
            {
                _isReading = false;
                if (done) (_jobs, _readAt) = (jobs, time.GetTimestamp());
            }
        }
    }
}
