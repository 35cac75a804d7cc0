using System.Buffers;
using System.Globalization;
using System.Text;

namespace Dispatcher.Web.Metrics;

/// <summary>
/// Writes families as Prometheus reads them: its text format 0.0.4, or OpenMetrics 1.0.0. Sources: "Exposition formats" of the Prometheus documentation
/// and the OpenMetrics specification.
/// </summary>
internal sealed class PrometheusWriter(IBufferWriter<byte> output, bool openMetrics)
{
    public const string TextType = "text/plain; version=0.0.4; charset=utf-8";

    public const string OpenMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    public void Write(IReadOnlyList<MetricFamily> families)
    {
        foreach (var family in families) Write(family);
        if (openMetrics) Line("# EOF");
    }

    private void Write(MetricFamily family)
    {
        var series = family.Series.ToList();
        if (series.Count == 0) return;
        // A counter's samples end with _total. OpenMetrics names the family without it, the older format with it.
        var name = family.Kind == MetricKind.Counter && !openMetrics ? Total(family.Name) : Bare(family);
        if (family.Help.Length > 0) Line($"# HELP {name} {Escape(family.Help)}");
        Line($"# TYPE {name} {TypeOf(family.Kind)}");
        if (openMetrics && family.Unit.Length > 0 && name.EndsWith("_" + family.Unit, StringComparison.Ordinal)) Line($"# UNIT {name} {family.Unit}");
        foreach (var one in series) Write(family, one);
    }

    private void Write(MetricFamily family, MetricSeries series)
    {
        switch (series)
        {
            case HistogramSeries histogram:
                Write(family, histogram);
                break;
            case SumSeries sum:
                Sample(NameOf(family), series.Labels, Number(sum.Value));
                break;
            case LastValueSeries last:
                Sample(NameOf(family), series.Labels, Number(last.Value));
                break;
        }
    }

    private void Write(MetricFamily family, HistogramSeries series)
    {
        var separator = series.Labels.Length == 0 ? "" : ",";
        var counts = series.Counts();
        var total = 0L;
        for (var i = 0; i < counts.Length; i++)
        {
            total += counts[i];
            var bound = i < family.Bounds.Length ? Bound(family.Bounds[i]) : "+Inf";
            Sample($"{family.Name}_bucket", $"{series.Labels}{separator}le=\"{bound}\"", Number(total));
        }

        Sample($"{family.Name}_sum", series.Labels, Number(series.Sum));
        Sample($"{family.Name}_count", series.Labels, Number(total));
    }

    private void Sample(string name, string labels, string value) => Line(labels.Length == 0 ? $"{name} {value}" : $"{name}{{{labels}}} {value}");

    private void Line(string text)
    {
        Encoding.UTF8.GetBytes(text, output);
        output.Write("\n"u8);
    }

    private static string NameOf(MetricFamily family) => family.Kind == MetricKind.Counter ? Total(family.Name) : family.Name;

    private static string Total(string name) => name.EndsWith("_total", StringComparison.Ordinal) ? name : name + "_total";

    private static string Bare(MetricFamily family) =>
        family.Kind == MetricKind.Counter && family.Name.EndsWith("_total", StringComparison.Ordinal) ? family.Name[..^"_total".Length] : family.Name;

    private static string TypeOf(MetricKind kind) => kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.Histogram => "histogram",
        _ => "gauge",
    };

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>OpenMetrics wants bounds that look like fractions.</summary>
    private string Bound(double bound) =>
        Number(bound) is var text && openMetrics && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) ? text + ".0" : text;

    /// <summary>The older format knows no escaped quotation mark in a help text, and OpenMetrics no bare one.</summary>
    private string Escape(string help)
    {
        var text = help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return openMetrics ? text.Replace("\"", "\\\"", StringComparison.Ordinal) : text;
    }
}
