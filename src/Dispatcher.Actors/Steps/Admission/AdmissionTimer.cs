namespace Dispatcher.Steps.Admission;

/// <summary>
/// The one timer of a stage, for the earliest instant at which time lets somebody start. Every call needs the stage's lock.
/// </summary>
internal struct AdmissionTimer(TimeProvider time, TimerCallback onFired, object owner)
{
    private const long None = long.MinValue;

    private ITimer? _timer;
    private long _armedFor = None;
    private bool _firedEarly;

    public void Arm(long instant, long now)
    {
        if (_armedFor == instant) return;
        var wait = ClockUnits.ToTimeSpan(instant - now, time.TimestampFrequency);

        // The system's timers know whole milliseconds and cut the rest off: what is left after a timer came early would spin otherwise.
        if (_firedEarly && wait < TimeSpan.FromMilliseconds(1)) wait = TimeSpan.FromMilliseconds(1);
        _firedEarly = false;
        _armedFor = instant;
        if (_timer is null) _timer = time.CreateTimer(onFired, owner, wait, Timeout.InfiniteTimeSpan);
        else _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    public void Disarm()
    {
        _firedEarly = false;
        if (_armedFor == None) return;
        _armedFor = None;
        _timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The timer has come, perhaps early, perhaps for an instant that is not awaited any more.</summary>
    public void Fired()
    {
        _firedEarly = _armedFor != None && _armedFor > time.GetTimestamp();
        _armedFor = None;
    }

    public void Dispose()
    {
        _armedFor = None;
        _timer?.Dispose();
        _timer = null;
    }
}
