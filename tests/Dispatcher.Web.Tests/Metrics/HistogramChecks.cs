using System.Globalization;

namespace Dispatcher.Web.Tests.Metrics;

/// <summary>What must hold among the samples of a histogram.</summary>
internal static class HistogramChecks
{
    public static void Check(PrometheusFamily family, bool openMetrics)
    {
        if (family.Type != "histogram") return;
        foreach (var series in family.Samples.GroupBy(WithoutBound, StringComparer.Ordinal)) CheckSeries(family.Name, [.. series], openMetrics);
    }

    private static void CheckSeries(string name, List<PrometheusSample> samples, bool openMetrics)
    {
        var buckets = samples.Where(sample => sample.Name == name + "_bucket").ToList();
        var bounds = buckets.Select(bucket => bucket.Labels["le"]).ToList();
        if (bounds.Count == 0 || bounds[^1] != "+Inf") throw new FormatException($"{name} has no bucket +Inf at its end");
        if (openMetrics && bounds.Any(bound => long.TryParse(bound, CultureInfo.InvariantCulture, out _))) throw new FormatException($"{name} has a bound without a point");
        var numbers = bounds[..^1].ConvertAll(bound => double.Parse(bound, CultureInfo.InvariantCulture));
        for (var i = 1; i < numbers.Count; i++)
        {
            if (numbers[i] <= numbers[i - 1]) throw new FormatException($"{name} has bounds out of order");
        }

        for (var i = 1; i < buckets.Count; i++)
        {
            if (buckets[i].Value < buckets[i - 1].Value) throw new FormatException($"{name} has buckets that are not cumulative");
        }

        if (samples.Single(sample => sample.Name == name + "_count").Value != buckets[^1].Value) throw new FormatException($"{name}_count is not the last bucket");
        samples.Single(sample => sample.Name == name + "_sum");
    }

    private static string WithoutBound(PrometheusSample sample) => string.Join(
        ',', sample.Labels.Where(label => label.Key != "le").OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"));
}
