using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Store;

namespace Dispatcher.Coordination;

/// <summary>
/// Loads jobs that left memory when their time has come. Sleeps until the earliest wake-up time in the store; a job that goes to sleep for a shorter
/// time moves the alarm forward, so nothing is polled.
/// </summary>
public sealed class WakeUpClock(IJobStore store, JobGateway gateway) : Actor
{
    private const int PageLimit = 500;

    /// <summary>However quiet it is, the index is read this often: a wake-up that got lost by a fault is late, not lost.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);

    /// <summary>Active jobs are not due: they are in memory since the recovery or their creation.</summary>
    private static readonly DueCursor AfterActive = new(JobRow.Active, new JobId(new Guid("ffffffff-ffff-ffff-ffff-ffffffffffff")));

    private TimerQueue.Entry? _alarm;
    private DateTimeOffset _alarmAt = DateTimeOffset.MaxValue;

    protected internal override ValueTask Started() => Ring();

    protected internal override ValueTask Receive(object message)
    {
        if (message is Alarm) return Ring();
        SetAlarm(((SleepNotice)message).WakeAt);
        return ValueTask.CompletedTask;
    }

    protected internal override void Stopped() => _alarm?.Dispose();

    private async ValueTask Ring()
    {
        var now = Self.System.Time.GetUtcNow();
        _alarmAt = DateTimeOffset.MaxValue;
        var cursor = AfterActive;
        while (await store.ReadDue(now, cursor, PageLimit) is { Count: > 0 } page)
        {
            foreach (var job in page) gateway.Load(job.History);
            cursor = new DueCursor(page[^1].WakeAt, page[^1].History.Id);
        }

        SetAlarm(now + LongestSleep);
        if (await store.NextWakeUp(now) is { } next) SetAlarm(next);
    }

    private void SetAlarm(DateTimeOffset at)
    {
        if (at >= _alarmAt) return;
        _alarmAt = at;
        _alarm?.Dispose();
        _alarm = Self.System.Timers.Schedule(at, Self, Alarm.Instance);
    }

    /// <summary>A job sleeps until this time.</summary>
    public sealed record SleepNotice(DateTimeOffset WakeAt);

    private sealed class Alarm
    {
        public static Alarm Instance { get; } = new();
    }
}
