using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Sharding;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Coordination;

/// <summary>
/// Loads jobs that left memory when their time has come. Sleeps until the earliest wake-up time in the store; a job that goes to sleep for a shorter
/// time moves the alarm forward, so nothing is polled.
/// </summary>
/// <param name="table">The shards of this node.</param>
internal sealed class WakeUpClock(IJobStore store, JobGateway gateway, int limitJobs, RecoveryProgress recovery, ShardTable table, ILogger logger)
    : DueLoader(store, gateway, limitJobs, logger)
{
    /// <summary>However quiet it is, the index is read this often: a wake-up that got lost by a fault is late, not lost.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);

    private static readonly JobId LastId = new(new Guid("ffffffff-ffff-ffff-ffff-ffffffffffff"));

    /// <summary>Active jobs are not due: they are in memory since the recovery or their creation.</summary>
    private static readonly DueCursor AfterActive = new(JobRow.Active, LastId);

    private TimerQueue.Entry? _alarm;
    private DateTimeOffset _alarmAt = DateTimeOffset.MaxValue;
    private DateTimeOffset _rungAt;

    protected override ShardSet? Shards => table.Owned;

    protected override ValueTask Begin() => Ring();

    protected internal override void Stopped()
    {
        base.Stopped();
        _alarm?.Dispose();
    }

    protected override ValueTask ReceiveOther(object message)
    {
        if (message is Alarm) return Ring();
        SetAlarm(((SleepNotice)message).WakeAt);
        return ValueTask.CompletedTask;
    }

    protected override async ValueTask Ended()
    {
        SetAlarm(_rungAt + LongestSleep);
        if (await Store.NextWakeUp(_rungAt, Shards) is { } next) SetAlarm(next);
    }

    /// <summary>What was due at the start is the recovery's, until that is done.</summary>
    private ValueTask Ring()
    {
        _alarmAt = DateTimeOffset.MaxValue;
        if (IsLoading) return ValueTask.CompletedTask;
        _rungAt = Self.System.Time.GetUtcNow();
        return Load(_rungAt, recovery.IsDone ? AfterActive : new DueCursor(recovery.DueAt, LastId));
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

    /// <summary>To be told when there are more shards to look at.</summary>
    internal sealed class Alarm
    {
        public static Alarm Instance { get; } = new();
    }
}
