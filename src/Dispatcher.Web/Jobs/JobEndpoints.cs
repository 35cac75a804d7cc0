using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Jobs;

/// <summary>Jobs: make, read and command them.</summary>
internal static class JobEndpoints
{
    public static void MapJobs(this IEndpointRouteBuilder api)
    {
        var jobs = api.MapGroup("/jobs").WithTags("jobs");
        jobs.MapPost("/", Create).WithName("createJob").RequireRole(Role.Submitter);
    }

    private static async Task<Results<Created<JobView>, ProblemHttpResult>> Create(CreateJobRequest request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        var registered = await engine.Store.FindRegistered(caller.Tenant, request.Workflow, request.Version);
        if (registered is null) return Problem.Of(StatusCodes.Status404NotFound, "unknown-workflow", $"There is no workflow {request.Workflow}; register it first.");
        var spec = new JobSpec
        {
            Tenant = caller.Tenant,
            Workflow = new WorkflowReference(registered.Name, registered.Version, registered.Hash),
            Input = request.Input,
        };
        return await engine.Gateway.Submit(spec, caller.PrincipalFrom(http)) switch
        {
            CommandReply.Done done => TypedResults.Created($"/api/v1/jobs/{done.JobId}", new JobView { Id = done.JobId.ToString(), Status = done.Status, Version = done.SequenceNr }),
            CommandReply.Refused refused => Problem.Of(StatusCodes.Status409Conflict, refused.Rejection.Code, refused.Rejection.Message),
            _ => Problem.Of(StatusCodes.Status503ServiceUnavailable, "unavailable", "The store cannot take the job now; give it again in a moment."),
        };
    }
}
