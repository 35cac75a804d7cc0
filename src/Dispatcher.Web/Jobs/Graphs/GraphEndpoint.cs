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

namespace Dispatcher.Web.Jobs.Graphs;

/// <summary>A job among those that it belongs to.</summary>
internal static class GraphEndpoint
{
    public static void MapGraph(this IEndpointRouteBuilder api) =>
        api.MapGet("/jobs/{id}/graph", Show).WithName("getJobGraph").RequireRole(Role.Viewer).Refuses(ProblemCode.NotFound);

    /// <summary>Show the graph around a job</summary>
    /// <remarks>All jobs that hang together with it by dependencies or as parents and children, in both directions, up to 1,000; with the critical path.</remarks>
    /// <param name="id">The job's id.</param>
    internal static async Task<Results<Ok<GraphView>, ProblemHttpResult>> Show(
        string id, Caller caller, HttpContext http, JobReader reader, DispatcherEngine engine, TimeProvider time)
    {
        if (!JobId.TryParse(id, out var jobId) || await reader.FindRow(jobId, caller.Tenant) is null) return UnknownJob.Refuse(id).ToProblem(http);
        return TypedResults.Ok(await new JobGraph(engine, caller.Tenant, time.GetUtcNow()).Around(jobId));
    }
}
