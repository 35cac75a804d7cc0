using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Coordination;

/// <summary>
/// Loads jobs that left memory when their time has come. Sleeps until the earliest wake-up time in the store; a job that goes to sleep earlier than that
/// moves the time forward, so nothing is polled.
/// </summary>
public sealed class WakeUpLoop(ActorSystem system, IJobStore store, JobGateway gateway, ILogger logger) : BackgroundLoop(system, logger)
{
    private const int PageLimit = 500;

    /// <summary>However quiet it is, the index is read this often: a wake-up that got lost by a fault is late, not lost.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private DateTimeOffset _wakeAt = DateTimeOffset.MaxValue;
    private TaskCompletionSource? _sooner;

    /// <summary>A job sleeps until this time.</summary>
    public void Hint(DateTimeOffset wakeAt)
    {
        lock (_lock)
        {
            if (wakeAt >= _wakeAt) return;
            _wakeAt = wakeAt;
            _sooner?.TrySetResult();
        }
    }

    protected override async Task Run(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var now = System.Time.GetUtcNow();
            lock (_lock)
            {
                _wakeAt = now + LongestSleep;
                _sooner = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            await LoadDue(now);
            if (await store.NextWakeUp(now) is { } next) Hint(next);
            await Sleep(stopping);
        }
    }

    /// <summary>Active jobs are not due: they are in memory since the recovery or their creation.</summary>
    private async Task LoadDue(DateTimeOffset now)
    {
        var cursor = new DueCursor(JobRow.Active, new JobId(new Guid("ffffffff-ffff-ffff-ffff-ffffffffffff")));
        while (await store.ReadDue(now, cursor, PageLimit) is { Count: > 0 } page)
        {
            foreach (var job in page) gateway.Load(job.History);
            cursor = new DueCursor(page[^1].WakeAt, page[^1].History.Id);
        }
    }

    private async Task Sleep(CancellationToken stopping)
    {
        while (true)
        {
            TimeSpan wait;
            Task sooner;
            lock (_lock)
            {
                wait = _wakeAt - System.Time.GetUtcNow();
                if (_sooner!.Task.IsCompleted) _sooner = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                sooner = _sooner.Task;
            }

            if (wait <= TimeSpan.Zero) return;
            using var timer = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            // A millisecond more: timers round down, and a job that is loaded too early goes back to sleep.
            await Task.WhenAny(sooner, Task.Delay(wait + TimeSpan.FromMilliseconds(1), System.Time, timer.Token));
            // Not CancelAsync: that would leave the kernel's scheduler.
            timer.Cancel();
            stopping.ThrowIfCancellationRequested();
        }
    }
}
