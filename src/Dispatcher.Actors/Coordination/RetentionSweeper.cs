using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Coordination;

/// <summary>
/// Deletes jobs that ended longer ago than anybody wants to keep them, with their files. Works in small transactions with pauses between them, so that the
/// journal's writer is held up for a part of the time only.
/// </summary>
/// <remarks>
/// A job is left alone while it is in memory, and while a job that has not ended watches it (it depends on it, or is its parent). Files go after the commit;
/// what a crash leaves of them is noted in the store and goes with the next sweep.
/// </remarks>
public sealed partial class RetentionSweeper(RetentionEdges edges, RetentionOptions options, ILogger logger) : Actor
{
    private const int ScanLimit = 1000;
    private const int WatcherLimit = 1000;
    private const int LeftoverLimit = 1000;

    /// <summary>A batch may take a fifth of the writer's time.</summary>
    private const int PauseFactor = 4;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly object NextStep = new();

    private readonly Queue<JobRow> _due = new();
    private JobId? _after;
    private bool _walking;
    private long _deleted;
    private TimerQueue.Entry? _timer;

    protected internal override ILogger? Logger => logger;

    protected internal override async ValueTask Started()
    {
        await ClearLeftovers();
        Begin();
        await Step();
    }

    protected internal override ValueTask Receive(object message)
    {
        if (!_walking && _due.Count == 0) Begin();
        return Step();
    }

    protected internal override void Stopped() => _timer?.Dispose();

    private void Begin() => (_walking, _after, _deleted) = (true, null, 0);

    /// <summary>Deletes one batch, or looks at one page of rows.</summary>
    private async ValueTask Step()
    {
        var startedAt = Self.System.Time.GetTimestamp();
        if (_due.Count > 0) await DeleteBatch();
        else if (_walking) await ReadPage();
        var took = Self.System.Time.GetElapsedTime(startedAt);
        if (_due.Count > 0 || _walking)
        {
            Wait(took * PauseFactor > ShortestPause ? took * PauseFactor : ShortestPause);
            return;
        }

        if (_deleted > 0) LogSwept(logger, _deleted);
        Wait(options.SweepInterval);
    }

    private async ValueTask ReadPage()
    {
        // Of the wall clock: the node's may be ahead of it, and what is deleted early does not come back.
        var now = edges.Wall.GetUtcNow();
        var (rows, next) = await edges.Retention.ReadEnded(now - options.ShortestAge, status: null, _after, ScanLimit);
        foreach (var row in rows.Where(row => row.UpdatedAt <= now - options.AgeOf(row.Status))) _due.Enqueue(row);
        (_after, _walking) = (next, next is not null);
    }

    private async ValueTask DeleteBatch()
    {
        var batch = new Dictionary<JobId, JobRow>();
        while (batch.Count < options.BatchLimitJobs && _due.TryDequeue(out var row))
        {
            if (!edges.IsInMemory(row.Id) && !await IsWatchedByAnOpenJob(row.Id)) batch.Add(row.Id, row);
        }

        if (batch.Count == 0) return;
        var deleted = await edges.Retention.DeleteJobs([.. batch.Keys]);
        _deleted += deleted.Count;
        var now = Self.System.Time.GetUtcNow();
        foreach (var id in deleted) edges.Deleted(batch[id], now);
        await ClearLeftovers();
    }

    private async ValueTask<bool> IsWatchedByAnOpenJob(JobId id)
    {
        var watchers = (await edges.Jobs.ReadWatches(id, WatcherLimit)).Where(edge => edge.Watched == id).Select(edge => edge.Watcher).Distinct().ToList();
        // As many as were asked for: there may be more, and one of them may be open.
        if (watchers.Count >= WatcherLimit) return true;
        return watchers.Count > 0 && (await edges.Jobs.FindJobs(watchers)).Any(row => !row.Status.IsTerminal());
    }

    private async ValueTask ClearLeftovers()
    {
        while (await edges.Retention.ReadLeftovers(LeftoverLimit) is { Count: > 0 } leftovers)
        {
            var gone = new List<JobId>();
            foreach (var (id, tenant) in leftovers) if (await IsGone(id, tenant)) gone.Add(id);
            if (gone.Count > 0) await edges.Retention.ForgetLeftovers(gone);
            // What could not be deleted now waits for the next batch.
            if (gone.Count < leftovers.Count) return;
        }
    }

    /// <summary>Deletes a job's files. A job that was made anew under the id keeps them.</summary>
    private async ValueTask<bool> IsGone(JobId id, string tenant)
    {
        if (await edges.Jobs.FindJob(id) is not null) return true;
        try
        {
            edges.Artifacts.Delete(tenant, id);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArtifactPathException)
        {
            LogNotDeleted(new JobLogger(logger, new JobLogScope(id, tenant, null)), failure, id);
            return false;
        }
    }

    private void Wait(TimeSpan time) => _timer = Self.System.Timers.Schedule(time, Self, NextStep);

    [LoggerMessage(301, LogLevel.Information, "Retention: {Jobs} jobs that ended long ago were deleted.")]
    private static partial void LogSwept(ILogger logger, long jobs);

    [LoggerMessage(302, LogLevel.Warning, "Retention: the files of the deleted job {JobId} could not be deleted; tried again with the next sweep.")]
    private static partial void LogNotDeleted(ILogger logger, Exception failure, JobId jobId);
}

/// <summary>What the sweeper touches.</summary>
/// <param name="IsInMemory">Whether a job's actor lives now.</param>
/// <param name="Deleted">Is told of each job that was deleted, and when.</param>
/// <param name="Wall">The clock that says how old a job is.</param>
public sealed record RetentionEdges(
    IRetentionStore Retention, IJobStore Jobs, IArtifactStore Artifacts, Func<JobId, bool> IsInMemory, Action<JobRow, DateTimeOffset> Deleted, TimeProvider Wall);
