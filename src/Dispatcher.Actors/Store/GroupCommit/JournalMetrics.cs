using System.Diagnostics.Metrics;

namespace Dispatcher.Store.GroupCommit;

/// <summary>What the group commit measures. While nobody listens an append costs a look at a flag.</summary>
internal sealed class JournalMetrics
{
    private static readonly double[] CommitBucketsSeconds = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private static readonly long[] BatchBucketsEvents = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

    private readonly TimeProvider _time;
    private readonly Histogram<double> _append;
    private readonly Histogram<double> _commit;
    private readonly Histogram<long> _batch;
    private readonly Counter<long> _failures;

    public JournalMetrics(Meter meter, TimeProvider time, CommitQueue queue)
    {
        _time = time;
        var seconds = new InstrumentAdvice<double> { HistogramBucketBoundaries = CommitBucketsSeconds };
        _append = meter.CreateHistogram("dispatcher.journal.append.duration", "s", "From queueing an append to its answer.", advice: seconds);
        _commit = meter.CreateHistogram("dispatcher.journal.commit.duration", "s", "One transaction of the journal, with its flush to the disk.", advice: seconds);
        _batch = meter.CreateHistogram("dispatcher.journal.batch.events", "{event}", "Events in one transaction of the journal.",
            advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = BatchBucketsEvents });
        _failures = meter.CreateCounter<long>("dispatcher.journal.commit.failures", "{commit}", "Transactions of the journal that failed as a whole.");
        meter.CreateObservableGauge("dispatcher.journal.queue.events", () => queue.QueuedEvents, "{event}", "Events that wait for the next commits.");
        meter.CreateObservableGauge("dispatcher.journal.queue.appends_in_line", () => queue.AppendsInLine, "{append}", "Appends that wait for room in the full queue.");
    }

    /// <summary>The clock as it is for measuring; 0 while nobody listens.</summary>
    public long Now => _append.Enabled || _commit.Enabled ? _time.GetTimestamp() : 0;

    /// <summary>A batch was answered.</summary>
    public void Committed(ReadOnlySpan<PendingAppend> batch, long startedAt, bool failed)
    {
        if (failed) _failures.Add(1);
        if (startedAt == 0) return;
        var now = _time.GetTimestamp();
        var events = 0;
        foreach (var append in batch)
        {
            events += append.Events;
            if (append.QueuedAt != 0) _append.Record(_time.GetElapsedTime(append.QueuedAt, now).TotalSeconds);
        }

        _commit.Record(_time.GetElapsedTime(startedAt, now).TotalSeconds);
        _batch.Record(events);
    }
}
