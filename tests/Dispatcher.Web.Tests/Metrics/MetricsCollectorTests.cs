using System.Buffers;
using System.Diagnostics.Metrics;
using System.Text;
using Dispatcher.Web.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Web.Tests.Metrics;

public sealed class MetricsCollectorTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly IMeterFactory _factory;
    private readonly MetricsCollector _collector;
    private readonly Meter _meter;

    public MetricsCollectorTests()
    {
        _factory = _services.GetRequiredService<IMeterFactory>();
        _collector = new MetricsCollector(_factory, NullLogger<MetricsCollector>.Instance);
        _meter = _factory.Create("test");
    }

    public void Dispose()
    {
        _collector.Dispose();
        _services.Dispose();
    }

    [Theory]
    [InlineData("dispatcher.step.run.duration", "s", "dispatcher_step_run_duration_seconds")]
    [InlineData("dispatcher.jobs", "{job}", "dispatcher_jobs")]
    [InlineData("memory.size", "By", "memory_size_bytes")]
    [InlineData("already.seconds", "s", "already_seconds")]
    [InlineData("1st-thing", null, "_1st_thing")]
    [InlineData("speed", "m/s", "speed_m_per_s")]
    public void Names_AreThoseOfPrometheus(string instrument, string? unit, string expected) =>
        Assert.Equal(expected, MetricName.Family(instrument, MetricName.Unit(unit)));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Labels_ComeBackAsTheyWere_WhateverTheyHold(bool openMetrics)
    {
        const string nasty = "quote \" backslash \\ newline \n end ä";
        _meter.CreateCounter<long>("odd.things", "{thing}", "A \"help\" with \\ and \n in it").Add(2, new("what", nasty), new("other.key", 7), new KeyValuePair<string, object?>("none", null));

        var family = Read(openMetrics)[openMetrics ? "odd_things" : "odd_things_total"];

        var sample = Assert.Single(family.Samples);
        Assert.Equal(("odd_things_total", 2d), (sample.Name, sample.Value));
        Assert.Equal((nasty, "7", ""), (sample.Labels["what"], sample.Labels["other_key"], sample.Labels["none"]));
        Assert.Equal("A \"help\" with \\ and \n in it", family.Help);
    }

    [Fact]
    public void Histogram_HasCumulativeBuckets_WithTheBoundsItsInstrumentAdvises()
    {
        var histogram = _meter.CreateHistogram("wait", "s", null, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1, 10] });
        foreach (var value in new[] { 0.1, 0.5, 1, 5, 100 }) histogram.Record(value);

        var family = Read(openMetrics: true)["wait_seconds"];

        Assert.Equal("seconds", family.Unit);
        Assert.Equal([("0.1", 1), ("1.0", 3), ("10.0", 4), ("+Inf", 5)], family.Samples.Where(sample => sample.Name == "wait_seconds_bucket").Select(sample => (sample.Labels["le"], sample.Value)));
        Assert.Equal(106.6, family.Samples.Single(sample => sample.Name == "wait_seconds_sum").Value, 9);
    }

    [Fact]
    public void Gauges_AreWhatTheyWereLast_AndUpDownCountersAddUp()
    {
        var level = _meter.CreateUpDownCounter<int>("level");
        level.Add(5);
        level.Add(-2);
        var value = 1L;
        _meter.CreateObservableGauge("seen", () => value);
        _meter.CreateObservableCounter("grown", () => value * 10);
        Read(openMetrics: false);
        value = 4;

        var families = Read(openMetrics: false);

        Assert.Equal(("gauge", 3), (families["level"].Type, families["level"].Samples[0].Value));
        Assert.Equal(("gauge", 4), (families["seen"].Type, families["seen"].Samples[0].Value));
        Assert.Equal(("counter", 40), (families["grown_total"].Type, families["grown_total"].Samples[0].Value));
    }

    [Fact]
    public void ObservedSeries_AreGone_WhenTheyAreNotToldAnyMore()
    {
        string[] stages = ["a", "b"];
        _meter.CreateObservableGauge("stages", () => stages.Select(stage => new Measurement<long>(1, new KeyValuePair<string, object?>("stage", stage))));
        Assert.Equal(2, Read(openMetrics: false)["stages"].Samples.Count);
        stages = ["b"];

        Assert.Equal("b", Assert.Single(Read(openMetrics: false)["stages"].Samples).Labels["stage"]);
    }

    [Fact]
    public void LabelSets_AreBounded_AndWhatIsTooManyIsStillCounted()
    {
        var counter = _meter.CreateCounter<long>("many");
        for (var i = 0; i < MetricFamily.SeriesLimit + 10; i++) counter.Add(1, new KeyValuePair<string, object?>("id", i));

        var samples = Read(openMetrics: false)["many_total"].Samples;

        Assert.Equal(MetricFamily.SeriesLimit + 1, samples.Count);
        Assert.Equal(10, samples.Single(sample => sample.Labels.ContainsKey("otel_metric_overflow")).Value);
    }

    [Fact]
    public void Instruments_OfOneNameAndTwoKinds_AreOneFamilyOfTheFirstKind()
    {
        _meter.CreateCounter<long>("twice").Add(1);
        _meter.CreateHistogram<double>("twice").Record(5);

        Assert.Equal("counter", Read(openMetrics: true)["twice"].Type);
    }

    [Fact]
    public void OtherApplications_OfThisProcess_AreNotHeard()
    {
        using var others = new ServiceCollection().AddMetrics().BuildServiceProvider();
        others.GetRequiredService<IMeterFactory>().Create("test").CreateCounter<long>("theirs").Add(1);
        _meter.CreateCounter<long>("ours").Add(1);

        var families = Read(openMetrics: false);

        Assert.Contains("ours_total", families);
        Assert.DoesNotContain("theirs_total", families);
    }

    [Fact]
    public void AnInstrumentThatThrows_HidesNoOther()
    {
        _meter.CreateObservableGauge("broken", (Func<long>)(() => throw new InvalidOperationException("no")));
        _meter.CreateObservableGauge("whole", () => 1L);

        var families = Read(openMetrics: false);

        Assert.DoesNotContain("broken", families);
        Assert.Contains("whole", families);
    }

    [Fact]
    public void Recording_AllocatesNothing_WhenTheSeriesIsThere()
    {
        var histogram = _meter.CreateHistogram<double>("hot");
        var handler = new KeyValuePair<string, object?>("handler", "noop");
        var outcome = new KeyValuePair<string, object?>("outcome", "completed");
        histogram.Record(1, handler, outcome);
        histogram.Record(1);

        // What the runtime allocates for itself, when a table of its own grows, comes once and not with each recording.
        Assert.Equal(0, Math.Min(Allocated(), Math.Min(Allocated(), Allocated())));

        long Allocated()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++)
            {
                histogram.Record(0.5, handler, outcome);
                histogram.Record(0.5);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private IReadOnlyDictionary<string, PrometheusFamily> Read(bool openMetrics)
    {
        var output = new ArrayBufferWriter<byte>();
        _collector.Read(families => new PrometheusWriter(output, openMetrics).Write(families));
        return PrometheusParser.Parse(Encoding.UTF8.GetString(output.WrittenSpan), openMetrics);
    }
}
