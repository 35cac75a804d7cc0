using Dispatcher.Kernel;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Coordination.Scheduling;

/// <summary>
/// Fires schedules. One for a whole cluster, on its coordinator, or on the node that is alone. Sleeps until the earliest firing; changes and the ends of runs wake
/// it, so nothing is polled but once a minute, for what a lost hint did not tell.
/// </summary>
/// <remarks>
/// A firing is made first and noted then. Whoever fires between the two, here after a crash or elsewhere under another term, makes the same job, since its
/// idempotency key is the schedule and the due time; the note of a term that is over is refused.
/// </remarks>
internal sealed partial class ScheduleClock(ScheduleClockEdges edges, long? term, ILogger logger) : Actor
{
    /// <summary>Schedules that are fired together.</summary>
    private const int BatchLimit = 1000;

    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromHours(1);

    /// <summary>What is heard within this time is looked at together.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>Looking at what is held may take a tenth of the time.</summary>
    private const int HeldPauseFactor = 9;

    private TimerQueue.Entry? _alarm;
    private DateTimeOffset _alarmAt = DateTimeOffset.MaxValue;

    /// <summary>Time stamps of the monotonic clock: when it swept last, and looked at what is held. Null: not yet.</summary>
    private long? _sweptAt;
    private long? _heldAt;
    private TimeSpan _heldPause;

    protected internal override ILogger? Logger => logger;

    private DateTimeOffset Now => Self.System.Time.GetUtcNow();

    protected internal override ValueTask Started() => Ring();

    protected internal override ValueTask Receive(object message)
    {
        if (message is Alarm) return Ring();
        ((Notice)message).Taken();
        SetAlarm(Now + Pace);
        return ValueTask.CompletedTask;
    }

    protected internal override void Stopped() => _alarm?.Dispose();

    private async ValueTask Ring()
    {
        _alarmAt = DateTimeOffset.MaxValue;
        try
        {
            var due = await EndCancelled() == Round.TermOver ? Round.TermOver : await FireDue();
            var held = due == Round.TermOver ? due : await FireHeld();
            if (held == Round.TermOver)
            {
                LogTermOver(logger, term);
                Self.Stop();
                return;
            }

            if (_sweptAt is not { } swept || Elapsed(swept) >= SweepInterval) await Sweep();
            SetAlarm(Now + LongestSleep);
            if (due == Round.Left || held == Round.Left) SetAlarm(Now + RetryDelay);
            // What has come due while it looked is fired at once; what could not be made is not tried in a circle.
            if (await edges.Schedules.NextFiring() is { } next && (due == Round.Done || next > Now)) SetAlarm(next);
        }
        catch (StoreException failure)
        {
            LogNotFired(logger, failure.Message);
            SetAlarm(Now + RetryDelay);
        }
    }

    private async ValueTask<Round> EndCancelled()
    {
        while (await edges.Schedules.ReadCancelledSchedules(BatchLimit) is { Count: > 0 } found)
        {
            var advances = await edges.Firings.Cancel(found, Now);
            if (!await edges.Schedules.AdvanceSchedules(term, advances)) return Round.TermOver;
            edges.Firings.TellCancelled(advances);
            // What has fired already and is not noted is noted as due.
            if (advances.Count < BatchLimit) break;
        }

        return Round.Done;
    }

    private async ValueTask<Round> FireDue()
    {
        while (true)
        {
            var now = Now;
            var due = await edges.Schedules.ReadDueSchedules(now, BatchLimit);
            if (due.Count == 0) return Round.Done;
            var advances = await edges.Firings.FireDue(due, now);
            if (!await edges.Schedules.AdvanceSchedules(term, advances)) return Round.TermOver;
            edges.Firings.TellCancelled(advances);
            if (advances.Count < due.Count) return Round.Left;
        }
    }

    private async ValueTask<Round> FireHeld()
    {
        if (_heldAt is { } lookedAt && _heldPause - Elapsed(lookedAt) is var rest && rest > TimeSpan.Zero)
        {
            SetAlarm(Now + rest);
            return Round.Done;
        }

        var startedAt = Self.System.Time.GetTimestamp();
        var round = Round.Done;
        StoredSchedule? last = null;
        while (await edges.Schedules.ReadHeldSchedules(last, BatchLimit) is { Count: > 0 } held)
        {
            var (advances, ready) = await edges.Firings.FireHeld(held, Now);
            if (advances.Count > 0 && !await edges.Schedules.AdvanceSchedules(term, advances)) return Round.TermOver;
            if (advances.Count < ready) round = Round.Left;
            last = held[^1];
            if (held.Count < BatchLimit) break;
        }

        _heldAt = Self.System.Time.GetTimestamp();
        _heldPause = Elapsed(startedAt) * HeldPauseFactor;
        return round;
    }

    private async ValueTask Sweep()
    {
        await edges.Sweeper.Sweep(term, Now);
        _sweptAt = Self.System.Time.GetTimestamp();
    }

    private TimeSpan Elapsed(long since) => Self.System.Time.GetElapsedTime(since);

    private void SetAlarm(DateTimeOffset at)
    {
        if (at >= _alarmAt) return;
        _alarmAt = at;
        _alarm?.Dispose();
        _alarm = Self.System.Timers.Schedule(at, Self, Alarm.Instance);
    }

    [LoggerMessage(330, LogLevel.Information, "Schedules are not fired here any more: the coordinator's term {Term} is over.")]
    private static partial void LogTermOver(ILogger logger, long? term);

    [LoggerMessage(331, LogLevel.Warning, "Schedules could not be fired; tried again in a second: {Cause}")]
    private static partial void LogNotFired(ILogger logger, string cause);

    /// <summary>How a look at what is to be fired has ended.</summary>
    private enum Round
    {
        Done,

        /// <summary>Some runs could not be made now.</summary>
        Left,

        /// <summary>Another coordinator fires.</summary>
        TermOver,
    }

    private sealed class Alarm
    {
        public static Alarm Instance { get; } = new();
    }

    /// <summary>A schedule was changed, or a run has ended. Each clock has one, which is under way once at most.</summary>
    internal sealed class Notice
    {
        private int _isUnderWay;

        public bool TrySend() => Interlocked.Exchange(ref _isUnderWay, 1) == 0;

        public void Taken() => Interlocked.Exchange(ref _isUnderWay, 0);
    }
}

/// <summary>What the clock touches.</summary>
internal sealed record ScheduleClockEdges(IScheduleStore Schedules, ScheduleFirings Firings, ScheduleSweeper Sweeper);
