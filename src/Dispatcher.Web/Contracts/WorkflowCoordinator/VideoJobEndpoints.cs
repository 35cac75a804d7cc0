using System.Diagnostics;
using System.Text.Json.Nodes;
using Dispatcher.JobActors;
using Dispatcher.Web.Access;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>Jobs of the contract: make, approve, read.</summary>
internal static class VideoJobEndpoints
{
    public static void MapVideoJobs(this IEndpointRouteBuilder api)
    {
        api.MapPost("/jobs/from-image-pairs", (Caller caller, HttpContext http, VideoCreator creator) => creator.Create(VideoRequest.ImagePairs, caller, http)).RequireRole(Role.Submitter);
        api.MapPost("/jobs/from-property-photos", (Caller caller, HttpContext http, VideoCreator creator) => creator.Create(VideoRequest.PropertyPhotos, caller, http)).RequireRole(Role.Submitter);
        api.MapPost("/jobs/{id}/approve", Approve).RequireRole(Role.Operator);
        api.MapGet("/jobs/{id}", Get).RequireRole(Role.Viewer);
    }

    /// <summary>Answers when the approval is durable: one of many at once wins, and the others hear that it is too late.</summary>
    private static async Task<IResult> Approve(string id, Caller caller, HttpContext http, VideoJobs jobs)
    {
        if (await jobs.Find(id, caller.Tenant) is not { } job) return VideoAnswer.NoJob(id);
        var number = job.Document.Number;
        switch (await jobs.Approve(job, caller, http))
        {
            case CommandReply.Done { Changed: true }:
                return VideoAnswer.Ok(new JsonObject { ["message"] = "Job approved successfully", ["job_id"] = number, ["status"] = Pipeline.Approved });
            case CommandReply.Done done:
                return CannotApprove(number, Pipeline.StatusOf(done.Status));
            case CommandReply.Refused { Status: { } status }:
                return CannotApprove(number, Pipeline.StatusOf(status));
            case CommandReply.Refused:
                return VideoAnswer.NoJob(id);
            case CommandReply.Accepted:
                return new ContractJson(StatusCodes.Status202Accepted, new JsonObject { ["message"] = "Job approval accepted", ["job_id"] = number, ["status"] = job.Status });
            case CommandReply.Unavailable unavailable:
                return Refusal.Unavailable(unavailable).ToProblem(http);
            default:
                throw new UnreachableException();
        }
    }

    private static async Task<IResult> Get(string id, Caller caller, VideoJobs jobs) =>
        await jobs.Find(id, caller.Tenant) is { } job ? VideoAnswer.Ok(await VideoViews.Job(job, jobs)) : VideoAnswer.NoJob(id);

    private static ContractJson CannotApprove(long number, string status) => VideoAnswer.Error(
        StatusCodes.Status422UnprocessableEntity, "Job cannot be approved", ("job_id", number), ("current_status", status), ("reason", "Job must be in pending state to be approved"));
}
