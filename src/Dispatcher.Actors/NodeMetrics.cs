using System.Diagnostics.Metrics;
using Dispatcher.Feed;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps.Admission;
using Dispatcher.Store;

namespace Dispatcher;

/// <summary>What a node tells of itself as a whole. All but the ends of jobs are read when somebody asks, and cost nothing before.</summary>
internal sealed class NodeMetrics
{
    private static readonly double[] JobBucketsSeconds = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400, 86400];

    private readonly Histogram<double> _jobs;
    private readonly Counter<long> _deleted;

    public NodeMetrics(Meter meter, ActorSystem system, JobServices services, JobFeed feed)
    {
        _jobs = meter.CreateHistogram("dispatcher.job.duration", "s", "From the creation of a job to its end, by the status with which it ended.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = JobBucketsSeconds });
        _deleted = meter.CreateCounter<long>("dispatcher.retention.deleted", "{job}", "Jobs that were deleted for their age.");
        ObserveStages(meter, services.Admission);
        ObserveActors(meter, system);
        meter.CreateObservableGauge("dispatcher.jobs", new StoredJobCounts(services.Store, system.Time).Read, "{job}", "Jobs in the store, by status.");
        meter.CreateObservableGauge("dispatcher.jobs.resident", () => services.Registry.Count, "{job}", "Jobs in memory.");
        meter.CreateObservableGauge("dispatcher.jobs.stuck", () => services.Stuck, "{job}", "Jobs that could go on and of which nobody takes care: 0, or there is a bug.");
        meter.CreateObservableGauge("dispatcher.feed.subscribers", () => feed.Subscribers, "{subscriber}", "Who listens to committed events in this process.");
        meter.CreateObservableCounter("dispatcher.steps.abandoned", () => services.Steps.Abandoned, "{attempt}", "Handlers that ignored their cancellation.");
    }

    /// <summary>Events of a job were committed.</summary>
    public void Committed(JobState state, IReadOnlyList<JobEvent> events)
    {
        if (!state.Status.IsTerminal() || !_jobs.Enabled || state.EndedAt is not { } endedAt) return;
        if (events[^1] is JobEvent.Completed or JobEvent.Failed or JobEvent.Cancelled or JobEvent.Rejected)
            _jobs.Record((endedAt - state.CreatedAt).TotalSeconds, new KeyValuePair<string, object?>("status", state.Status.ToText()));
    }

    /// <summary>A job was deleted for its age.</summary>
    public void Deleted(JobRow row) => _deleted.Add(1, new KeyValuePair<string, object?>("status", row.Status.ToText()));

    private static void ObserveStages(Meter meter, AdmissionPoint admission)
    {
        meter.CreateObservableGauge("dispatcher.steps.running", () => admission.Statistics.Select(stage => Of(stage.Running, stage)), "{step}", "Steps that run, by stage.");
        meter.CreateObservableGauge("dispatcher.steps.queued", () => admission.Statistics.SelectMany(Queued), "{step}", "Steps that wait for a place, by stage and reason.");
        meter.CreateObservableCounter(
            "dispatcher.steps.admitted", () => admission.Statistics.Select(stage => Of(stage.AdmittedTotal, stage)), "{step}", "Starts that the admission point let through, by stage.");
    }

    private static void ObserveActors(Meter meter, ActorSystem system)
    {
        meter.CreateObservableGauge("dispatcher.actors.alive", () => system.Alive, "{actor}", "Actors that live.");
        meter.CreateObservableGauge("dispatcher.actors.timers", () => system.Timers.Count, "{timer}", "Timers that still have to fire.");
        meter.CreateObservableCounter("dispatcher.actors.restarts", () => system.Restarts, "{restart}", "Actors that failed and were replaced.");
        meter.CreateObservableCounter("dispatcher.actors.dead_letters", () => system.DeadLetters, "{message}", "Messages whose receiver had stopped.");
    }

    private static Measurement<long> Of(long value, StageStatistics stage) => new(value, new KeyValuePair<string, object?>("stage", stage.Stage));

    private static IEnumerable<Measurement<long>> Queued(StageStatistics stage)
    {
        yield return Waiting(stage, AdmissionReason.Cap, stage.WaitingForCap);
        yield return Waiting(stage, AdmissionReason.Stagger, stage.WaitingForStagger);
        yield return Waiting(stage, AdmissionReason.Rate, stage.WaitingForRate);
        yield return Waiting(stage, AdmissionReason.TenantCap, stage.WaitingForTenantCap);
    }

    private static Measurement<long> Waiting(StageStatistics stage, AdmissionReason reason, long steps) =>
        new(steps, new KeyValuePair<string, object?>("stage", stage.Stage), new KeyValuePair<string, object?>("reason", reason.ToText()));
}
