using System.Diagnostics;
using System.Text.Json.Nodes;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Web.Access;
using Dispatcher.Web.Jobs;
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
        for (var race = 0; race < VideoJobs.RaceLimit; race++)
        {
            if (await jobs.Find(id, caller.Tenant) is not { } job) return VideoAnswer.NoJob(id);
            // What a step asks of people while the job runs is none of this contract's approvals.
            if (job.State.Status != JobStatus.Pending) return CannotApprove(job.Document.Number, job.Status);
            var reply = await jobs.Approve(job, caller, http);
            if (reply is not CommandReply.Refused { Rejection.Code: "version-conflict" }) return Answer(reply, job, id, http);
        }

        return Refusal.Unavailable("Others change the job at the same time; give the request again.").ToProblem(http);
    }

    private static IResult Answer(CommandReply reply, VideoJob job, string id, HttpContext http)
    {
        var number = job.Document.Number;
        return reply switch
        {
            CommandReply.Done => VideoAnswer.Ok(new JsonObject { ["message"] = "Job approved successfully", ["job_id"] = number, ["status"] = Pipeline.Approved }),
            CommandReply.Accepted => new ContractJson(StatusCodes.Status202Accepted, new JsonObject { ["message"] = "Job approval accepted", ["job_id"] = number, ["status"] = job.Status }),
            CommandReply.Refused { Status: { } status } => CannotApprove(number, Pipeline.StatusOf(status)),
            CommandReply.Refused { Rejection.Code: "not-found" } => VideoAnswer.NoJob(id),
            CommandReply.Refused refused => new ContractError(Rejections.ToRefusal(refused.Rejection)),
            CommandReply.Unavailable unavailable => Refusal.Unavailable(unavailable).ToProblem(http),
            _ => throw new UnreachableException(),
        };
    }

    private static async Task<IResult> Get(string id, Caller caller, VideoJobs jobs) =>
        await jobs.Find(id, caller.Tenant) is { } job ? VideoAnswer.Ok(await VideoViews.Job(job, jobs)) : VideoAnswer.NoJob(id);

    private static ContractJson CannotApprove(long number, string status) => VideoAnswer.Error(
        StatusCodes.Status422UnprocessableEntity, "Job cannot be approved", ("job_id", number), ("current_status", status), ("reason", "Job must be in pending state to be approved"));
}
