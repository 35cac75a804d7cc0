namespace Dispatcher.Steps.Admission;

/// <summary>The part of a stage's limits that is about time: stagger and rate together. Pure: instants are handed in.</summary>
internal struct StartPace(StageLimits limits, long frequency)
{
    private StartStagger _stagger = new(ClockUnits.Of(limits.StartDelay, frequency));
    private TokenBucket _bucket = new(ClockUnits.IntervalOf(limits.RatePerSecond, frequency), limits.RateBurst);

    /// <summary>True when time never holds a start back: no clock need be read.</summary>
    public readonly bool IsFree => _stagger.Delay == 0 && !_bucket.IsOn;

    public readonly long EarliestStart => Math.Max(_stagger.EarliestStart, _bucket.IsOn ? _bucket.EarliestStart : long.MinValue);

    /// <summary>The one of the two that holds back longer.</summary>
    public readonly AdmissionReason Reason =>
        _bucket.IsOn && _bucket.EarliestStart > _stagger.EarliestStart ? AdmissionReason.Rate : AdmissionReason.Stagger;

    public void Start(long now)
    {
        _stagger.Start(now);
        _bucket.Start(now);
    }

    /// <summary>Remembers the paced starts before the change, so that changing a limit is no way around it.</summary>
    public void Change(StageLimits limits, long frequency)
    {
        _stagger.ChangeDelay(ClockUnits.Of(limits.StartDelay, frequency));
        _bucket.Change(ClockUnits.IntervalOf(limits.RatePerSecond, frequency), limits.RateBurst);
    }

    /// <summary>
    /// When the n-th start (from 1) comes if every start comes as early as it may. Exact in closed form: with a delay shorter than the
    /// token's interval the bucket never refills to the brim on the way, and with a longer one it never runs dry.
    /// </summary>
    public readonly long NthStart(long now, int n)
    {
        var first = Math.Max(now, EarliestStart);
        var staggered = first + ClockUnits.Times(_stagger.Delay, n - 1);
        return _bucket.IsOn ? Math.Max(staggered, _bucket.NthStart(first, n)) : staggered;
    }
}
