using System.Collections.Concurrent;
using System.Globalization;

namespace Dispatcher.Web.Metrics;

internal enum MetricKind
{
    Counter,

    /// <summary>Told in steps up and down, written as a gauge.</summary>
    UpDownCounter,
    Gauge,
    Histogram,
}

/// <summary>
/// All series of one name. Bounded: label values that nobody thought of must not eat memory, so what would be a series too many is counted in one with the
/// label <c>otel_metric_overflow</c>.
/// </summary>
internal sealed class MetricFamily(string name, MetricKind kind, string unit, string help, double[] bounds, bool isObserved)
{
    /// <summary>Sets of labels of one family, as OpenTelemetry's default.</summary>
    public const int SeriesLimit = 2000;

    private const string Overflow = "otel_metric_overflow=\"true\"";

    private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], MetricSeries> _series = new(LabelComparer.Instance);
    private MetricSeries? _withoutLabels;
    private MetricSeries? _overflow;
    private long _reading;

    public string Name { get; } = name;

    public MetricKind Kind { get; } = kind;

    public string Unit { get; } = unit;

    public string Help { get; } = help;

    public double[] Bounds { get; } = bounds;

    /// <summary>True when its instrument is asked, and tells whole values instead of steps.</summary>
    public bool IsObserved { get; } = isObserved;

    /// <summary>The series in the order of their labels; of observed instruments those that the last reading told.</summary>
    public IEnumerable<MetricSeries> Series => All.Where(series => !IsObserved || series.Reading == _reading).OrderBy(series => series.Labels, StringComparer.Ordinal);

    /// <summary>Observed instruments are about to be asked.</summary>
    public void BeginReading() => _reading++;

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = tags.IsEmpty ? _withoutLabels ?? MakeOnce(ref _withoutLabels, "") : Find(tags);
        series.Reading = _reading;
        series.Record(value);
    }

    private IEnumerable<MetricSeries> All
    {
        get
        {
            if (_withoutLabels is not null) yield return _withoutLabels;
            if (_overflow is not null) yield return _overflow;
            foreach (var (_, series) in _series) yield return series;
        }
    }

    private MetricSeries Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var lookup = _series.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
        if (lookup.TryGetValue(tags, out var known)) return known;
        if (_series.Count >= SeriesLimit) return _overflow ?? MakeOnce(ref _overflow, Overflow);
        return _series.GetOrAdd(tags.ToArray(), key => Make(Render(key)));
    }

    private MetricSeries MakeOnce(ref MetricSeries? place, string labels) => Interlocked.CompareExchange(ref place, Make(labels), null) ?? place;

    private MetricSeries Make(string labels) => Kind switch
    {
        MetricKind.Histogram => new HistogramSeries(labels, Bounds),
        _ when IsObserved || Kind == MetricKind.Gauge => new LastValueSeries(labels),
        _ => new SumSeries(labels),
    };

    /// <summary>Keys that become one name share a label, their values joined by ';'.</summary>
    private static string Render(KeyValuePair<string, object?>[] tags) => string.Join(',', tags
        .GroupBy(tag => MetricName.Label(tag.Key), StringComparer.Ordinal)
        .OrderBy(group => group.Key, StringComparer.Ordinal)
        .Select(group => $"{group.Key}=\"{string.Join(';', group.Select(tag => Escape(Text(tag.Value))))}\""));

    private static string Text(object? value) => value switch
    {
        null => "",
        bool truth => truth ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
