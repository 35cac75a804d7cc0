using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Metrics;

/// <summary>
/// Listens to every meter of this application, and to the runtime's, and keeps what they tell for whoever reads <c>/metrics</c>. Two applications in one
/// process do not hear each other: a meter belongs to the factory that made it.
/// </summary>
internal sealed partial class MetricsCollector : IDisposable
{
    private const string RuntimeMeter = "System.Runtime";

    /// <summary>Bounds of histograms whose instrument advises none.</summary>
    private static readonly double[] DefaultBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly IMeterFactory _factory;
    private readonly ILogger _logger;
    private readonly Lock _reading = new();

    public MetricsCollector(IMeterFactory factory, ILogger<MetricsCollector> logger)
    {
        (_factory, _logger) = (factory, logger);
        _listener.InstrumentPublished = Take;
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => Record(value, tags, family));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => Record(value, tags, family));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => Record(value, tags, family));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, family) => Record(value, tags, family));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, family) => Record(value, tags, family));
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, family) => Record(value, tags, family));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, family) => Record((double)value, tags, family));
        _listener.Start();
    }

    /// <summary>Asks the observed instruments, and gives all families in the order of their names to the reader; one reading at a time.</summary>
    public void Read(Action<IReadOnlyList<MetricFamily>> reader)
    {
        lock (_reading)
        {
            foreach (var (_, family) in _families) family.BeginReading();
            Observe();
            reader([.. _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal)]);
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Observe()
    {
        try
        {
            _listener.RecordObservableInstruments();
        }
        catch (AggregateException failure)
        {
            // All others have told their values; what is missing is missed by whoever watches it.
            LogNotObserved(_logger, failure);
        }
    }

    private static void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? family) => ((MetricFamily)family!).Record(value, tags);

    private void Take(Instrument instrument, MeterListener listener)
    {
        if (!ReferenceEquals(instrument.Meter.Scope, _factory) && instrument.Meter.Name != RuntimeMeter) return;
        if (KindOf(instrument) is not { } kind) return;
        var unit = MetricName.Unit(instrument.Unit);
        var name = MetricName.Family(instrument.Name, unit);
        var family = _families.GetOrAdd(name, _ => new MetricFamily(name, kind, unit, instrument.Description ?? "", BoundsOf(instrument), instrument.IsObservable));
        // Two instruments of one name are one family if they are of one kind; a family of two kinds could not be written.
        if (family.Kind == kind && family.IsObserved == instrument.IsObservable) listener.EnableMeasurementEvents(instrument, family);
    }

    private static MetricKind? KindOf(Instrument instrument)
    {
        var type = instrument.GetType();
        if (!type.IsGenericType) return null;
        var definition = type.GetGenericTypeDefinition();
        if (definition == typeof(Counter<>) || definition == typeof(ObservableCounter<>)) return MetricKind.Counter;
        if (definition == typeof(Histogram<>)) return MetricKind.Histogram;
        if (definition == typeof(UpDownCounter<>) || definition == typeof(ObservableUpDownCounter<>)) return MetricKind.UpDownCounter;
        return definition == typeof(Gauge<>) || definition == typeof(ObservableGauge<>) ? MetricKind.Gauge : null;
    }

    private static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
        _ => DefaultBounds,
    };

    [LoggerMessage(EventId = 4001, Level = LogLevel.Warning, Message = "An observed instrument failed; its values are missing from this reading.")]
    private static partial void LogNotObserved(ILogger logger, Exception failure);
}
