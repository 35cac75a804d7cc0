namespace Dispatcher.Steps.Admission;

/// <summary>
/// A token bucket in whole clock units, as the virtual scheduling form of the generic cell rate algorithm (ITU-T I.371): in any window
/// of length w at most <c>burst + w / interval</c> starts. Pure: instants are handed in.
/// </summary>
internal struct TokenBucket
{
    // When the bucket will be full again; long ago at first, so that a new stage has its whole burst.
    private long _fullAt = long.MinValue / 2;
    private long _interval;
    private long _tolerance;

    /// <param name="interval">Clock units per token; 0 is no limit.</param>
    /// <param name="burst">Tokens of a full bucket, at least 1.</param>
    public TokenBucket(long interval, int burst) => Change(interval, burst);

    public readonly bool IsOn => _interval > 0;

    public readonly long EarliestStart => _fullAt - _tolerance;

    public void Start(long now)
    {
        if (IsOn) _fullAt = Math.Max(_fullAt, now) + _interval;
    }

    /// <summary>A new rate takes effect at once; tokens that were spent at the old rate stay spent.</summary>
    public void Change(long interval, int burst)
    {
        _interval = interval;
        _tolerance = ClockUnits.Times(interval, burst - 1);
    }

    /// <summary>When the n-th start from now may come if the first comes at the given instant and none is later than it must be.</summary>
    public readonly long NthStart(long first, int n) => Math.Max(_fullAt, first) + ClockUnits.Times(_interval, n - 1) - _tolerance;
}
