using Dispatcher.JobActors;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Coordination;

/// <summary>
/// What a start finds: jobs that were active when the last process ended, and jobs whose time came meanwhile, in the order in which they were due. Sleeping
/// jobs are not touched.
/// </summary>
/// <param name="shards">Those that this node has taken; null for all.</param>
internal sealed class Recovery(IJobStore store, JobGateway gateway, int limitJobs, RecoveryProgress progress, ILogger logger, ShardSet? shards = null)
    : DueLoader(store, gateway, limitJobs, logger)
{
    protected override ShardSet? Shards => shards;

    /// <summary>After a failure it goes on where it was.</summary>
    protected override ValueTask Begin() => Load(progress.DueAt, progress.Cursor);

    protected override void Loaded(int jobs, DueCursor last) => progress.Add(jobs, last);

    protected override ValueTask Ended()
    {
        progress.End();
        Self.Stop();
        return ValueTask.CompletedTask;
    }

    protected override ValueTask ReceiveOther(object message) => ValueTask.CompletedTask;
}

/// <summary>How far a recovery is; read by anybody.</summary>
internal sealed class RecoveryProgress(DateTimeOffset dueAt)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _recovered;
    private DueCursor? _cursor;

    /// <summary>When the node started: what becomes due later is woken by the clock.</summary>
    public DateTimeOffset DueAt { get; } = dueAt;

    /// <summary>The last job that was given to its actor.</summary>
    public DueCursor? Cursor => _cursor;

    /// <summary>Jobs that were loaded so far.</summary>
    public int Recovered => Volatile.Read(ref _recovered);

    public bool IsDone => _done.Task.IsCompleted;

    public Task Done => _done.Task;

    public void Add(int jobs, DueCursor last)
    {
        Interlocked.Add(ref _recovered, jobs);
        _cursor = last;
    }

    public void End() => _done.TrySetResult();
}
