using System.Collections.Immutable;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Jobs.Explaining;

/// <summary>Why a job does not go on.</summary>
internal static class WhyEndpoint
{
    public static void MapWhy(this IEndpointRouteBuilder api) =>
        api.MapGet("/jobs/{id}/why", Explain).WithName("explainJob").RequireRole(Role.Viewer).Refuses(ProblemCode.NotFound);

    /// <summary>Say why a job is not running now</summary>
    /// <remarks>What it waits for, since when, its place in line, when it may start, and what would make it go on; also for each open step.</remarks>
    /// <param name="id">The job's id.</param>
    internal static async Task<Results<Ok<WhyView>, ProblemHttpResult>> Explain(string id, Caller caller, HttpContext http, JobReader reader, DispatcherEngine engine)
    {
        if (!JobId.TryParse(id, out var jobId) || await reader.Find(jobId, caller.Tenant) is not { } job) return UnknownJob.Refuse(id).ToProblem(http);
        if (job.Inspection is null && job.State is { } state && !state.Status.IsTerminal() && await engine.Gateway.AskOwner(jobId, caller.Tenant) is { } told)
            return TypedResults.Ok(WhyView.Of(state.Status, told));
        // Of a job that is not in memory nothing stands in line.
        var inspection = job.Inspection ?? new JobInspection(job.State, [], ImmutableDictionary<StepKey, double>.Empty, await reader.WhyParked(job, jobId, caller.Tenant));
        return TypedResults.Ok(WhyView.Of(job.View().Status, await engine.Gateway.Explain(inspection)));
    }
}
