using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Workers;

namespace Dispatcher.JobActors.Explaining;

/// <summary>Gathers what this node knows of a job, for <see cref="JobWhy"/>.</summary>
internal sealed class JobExplainer(JobServices services)
{
    /// <summary>The last events that are read for their times: an older time is told as the job's last change.</summary>
    private const int EventLimit = 500;

    /// <summary>Jobs whose status is looked up.</summary>
    private const int RelatedLimit = 1000;

    private WorkerQueues? Workers => (services.Handlers.Find(WorkerHandler.HandlerName) as WorkerHandler)?.Queues;

    public async Task<JobExplanation> Explain(JobInspection inspection)
    {
        if (inspection.State is not { } state) return JobWhy.Unreadable(inspection.Parked ?? "its history cannot be read.");
        return JobWhy.Explain(new JobFacts(state)
        {
            Times = await TimesOf(state),
            Waits = inspection.Waits,
            Parked = inspection.Parked,
            Related = await RelatedTo(state),
            IsExternal = handler => services.Handlers.Find(handler) is IExternalStepHandler,
            WorkerWait = step => Workers?.Explain(state.Id, step),
        });
    }

    private async ValueTask<JobTimes> TimesOf(JobState state)
    {
        var events = await services.Store.ReadEvents(state.Id, Math.Max(0, state.SequenceNr - EventLimit), EventLimit);
        return JobTimes.Of(events.Select(stored => EventCodec.Decode(stored.Type, stored.At, stored.Payload.Span)));
    }

    private async ValueTask<IReadOnlyDictionary<JobId, JobStatus>> RelatedTo(JobState state)
    {
        var children = state.StepsAwaiting(AwaitKind.Child).Select(step => state.Find(step)!.Waiting!.Child!.Value);
        var ids = state.OpenDependencies.Concat(children).Take(RelatedLimit).ToList();
        if (ids.Count == 0) return new Dictionary<JobId, JobStatus>();
        return (await services.Store.FindJobs(ids)).ToDictionary(row => row.Id, row => row.Status);
    }
}
