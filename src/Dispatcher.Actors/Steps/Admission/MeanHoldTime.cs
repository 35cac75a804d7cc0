namespace Dispatcher.Steps.Admission;

/// <summary>
/// The exponentially weighted mean of how long places are held: a new value weighs one eighth, as in the round-trip time of TCP
/// (RFC 6298), so that it follows a change of load within some ten steps and one outlier does not turn it over.
/// </summary>
internal struct MeanHoldTime
{
    private const double Weight = 1.0 / 8;

    private double? _mean;

    /// <summary>In clock units; null before the first value.</summary>
    public readonly double? Value => _mean;

    public void Add(long units) => _mean = _mean is { } mean ? mean + (units - mean) * Weight : units;
}
