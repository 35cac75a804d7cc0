using System.Diagnostics.Metrics;
using Dispatcher.Jobs;

namespace Dispatcher.Steps;

/// <summary>What is measured of steps. Labels are names of stages and handlers, never of jobs.</summary>
public sealed class StepMetrics
{
    private static readonly double[] BucketsSeconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200];

    private readonly TimeProvider _time;
    private readonly Histogram<double> _wait;
    private readonly Histogram<double> _run;
    private readonly Counter<long> _failures;

    public StepMetrics(Meter meter, TimeProvider time)
    {
        _time = time;
        var seconds = new InstrumentAdvice<double> { HistogramBucketBoundaries = BucketsSeconds };
        _wait = meter.CreateHistogram("dispatcher.step.wait.duration", "s", "From the request for a place in a stage to the start.", advice: seconds);
        _run = meter.CreateHistogram("dispatcher.step.run.duration", "s", "One attempt of a step, by handler and outcome.", advice: seconds);
        _failures = meter.CreateCounter<long>("dispatcher.step.failures", "{attempt}", "Attempts that failed, by handler and class of the error.");
    }

    /// <summary>The clock as it is for measuring.</summary>
    public long Now => _time.GetTimestamp();

    /// <summary>A step that had to wait since then, or did not (0), has its place.</summary>
    public void Admitted(string stage, long waitsSince)
    {
        if (!_wait.Enabled) return;
        var seconds = waitsSince == 0 ? 0 : _time.GetElapsedTime(waitsSince).TotalSeconds;
        _wait.Record(seconds, new KeyValuePair<string, object?>("stage", stage));
    }

    /// <summary>An attempt ended.</summary>
    /// <param name="outcome">One of a few words: completed, sleeping, failed, released, abandoned.</param>
    public void Ended(string handler, string outcome, long startedAt, Failure? failure)
    {
        if (_run.Enabled)
        {
            _run.Record(_time.GetElapsedTime(startedAt).TotalSeconds, new("handler", handler), new KeyValuePair<string, object?>("outcome", outcome));
        }

        if (failure is null || !_failures.Enabled) return;
        _failures.Add(1, new("handler", handler), new KeyValuePair<string, object?>("error_class", failure.Class.ToText()));
    }
}
