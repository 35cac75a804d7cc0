namespace Dispatcher.Web.Metrics;

/// <summary>One set of labels of a family, with what was measured under it.</summary>
/// <param name="labels">As they are written: <c>stage="render",reason="cap"</c>; empty without labels.</param>
internal abstract class MetricSeries(string labels)
{
    public string Labels { get; } = labels;

    /// <summary>The reading in which the series was measured last; only observed instruments look at it.</summary>
    public long Reading { get; set; }

    public abstract void Record(double value);

    /// <summary>Adds, so that a reader never sees half a number; writers meet rarely.</summary>
    protected static void Add(ref double sum, double value)
    {
        var seen = Volatile.Read(ref sum);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref sum, seen + value, seen);
            // By bits: NaN is never equal to itself.
            if (BitConverter.DoubleToInt64Bits(before) == BitConverter.DoubleToInt64Bits(seen)) return;
            seen = before;
        }
    }
}

/// <summary>A count that only grows, told in steps; or one that is up and down.</summary>
internal sealed class SumSeries(string labels) : MetricSeries(labels)
{
    private double _sum;

    public double Value => Volatile.Read(ref _sum);

    public override void Record(double value) => Add(ref _sum, value);
}

/// <summary>The last value that was told.</summary>
internal sealed class LastValueSeries(string labels) : MetricSeries(labels)
{
    private double _value;

    public double Value => Volatile.Read(ref _value);

    public override void Record(double value) => Volatile.Write(ref _value, value);
}

/// <summary>How often values fell between bounds.</summary>
internal sealed class HistogramSeries(string labels, double[] bounds) : MetricSeries(labels)
{
    private readonly long[] _counts = new long[bounds.Length + 1];
    private double _sum;

    public double Sum => Volatile.Read(ref _sum);

    /// <summary>The counts of each bucket by itself; the last is what lies above all bounds.</summary>
    public long[] Counts()
    {
        var counts = new long[_counts.Length];
        for (var i = 0; i < counts.Length; i++) counts[i] = Interlocked.Read(ref _counts[i]);
        return counts;
    }

    public override void Record(double value)
    {
        var bucket = 0;
        while (bucket < bounds.Length && !(value <= bounds[bucket])) bucket++;
        Interlocked.Increment(ref _counts[bucket]);
        Add(ref _sum, value);
    }
}
