using Dispatcher.Jobs;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Web.Requests;

namespace Dispatcher.Web.Jobs.Creating;

/// <summary>A job that was made, in short; its details are at its link.</summary>
/// <param name="Version">The number of its last event.</param>
internal sealed record JobReceipt(JobId Id, JobStatus Status, long Version, WorkflowView Workflow, DateTimeOffset CreatedAt, SelfLink Links)
{
    public static JobReceipt Of(JobState state) => new(
        state.Id,
        state.Status,
        state.SequenceNr,
        new WorkflowView(state.Spec.Workflow.Name, state.Spec.Workflow.Version),
        state.CreatedAt,
        new SelfLink(ApiPaths.Job(state.Id)));

    public static JobReceipt Of(JobView job) =>
        new(job.Id, job.Status, job.Version, job.Workflow with { Hash = null }, job.CreatedAt, new SelfLink(ApiPaths.Job(job.Id)));
}

/// <summary>Where the whole thing is.</summary>
internal sealed record SelfLink(string Self);
