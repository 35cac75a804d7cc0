namespace Dispatcher.Steps.Admission;

/// <summary>
/// Keeps successive starts a least delay apart; a stage that was idle for longer starts at once. Pure: instants are timestamps of some
/// monotonic clock and are handed in.
/// </summary>
internal struct StartStagger(long delay)
{
    // So early that adding any delay stays in the past and never overflows.
    private long _lastStart = long.MinValue / 2;
    private long _delay = delay;

    public readonly long Delay => _delay;

    public readonly long EarliestStart => _lastStart + _delay;

    public void Start(long now) => _lastStart = now;

    /// <summary>A new delay counts from the last start that was paced.</summary>
    public void ChangeDelay(long delay) => _delay = delay;
}
