using Dispatcher.Feed;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Live;

/// <summary>Server-sent events: what happens to one job, or to all jobs of the tenant.</summary>
internal static class LiveEndpoints
{
    public static void MapLive(this IEndpointRouteBuilder api)
    {
        var live = api.MapGroup("").WithTags("live").RequireRole(Role.Viewer);
        live.MapGet("/jobs/{id}/stream", StreamJob).WithName("streamJob").Refuses(ProblemCode.NotFound, ProblemCode.InvalidPosition, ProblemCode.InvalidTypes, ProblemCode.TooManyStreams)
            .AnswersFile("Server-sent events.", "text/event-stream").WithRequestHeader("Last-Event-ID", "The last event that the client has; as after.");
        live.MapGet("/stream", Stream).WithName("stream").Refuses(ProblemCode.InvalidPosition, ProblemCode.InvalidTypes, ProblemCode.TooManyStreams)
            .AnswersFile("Server-sent events.", "text/event-stream").WithRequestHeader("Last-Event-ID", "The last event that the client has; as after.");
    }

    /// <summary>Follow a job</summary>
    /// <remarks>Its events from the first on, until it has ended; 204 for a client that has seen the end and comes back.</remarks>
    /// <param name="id">The job's id.</param>
    /// <param name="after">The number of the last event that the client has.</param>
    /// <param name="types">Names of events with commas between; `step.*` means all that begin so.</param>
    internal static async Task<Results<EventStream, NoContent, ProblemHttpResult>> StreamJob(
        string id, string? after, string? types, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (!JobId.TryParse(id, out var jobId) || await engine.Store.FindJob(jobId) is not { } row || row.Tenant != caller.Tenant)
            return Problem.Of(StatusCodes.Status404NotFound, "not-found", $"There is no job {LivePosition.Short(id)}.");
        var scope = new FeedScope.OfJob(jobId, new JobAddress(row.Tenant, row.WorkflowName, row.CorrelationId));
        if (!LivePosition.TryRead(http.Request, scope, after, out var position, out var fault)) return InvalidPosition(fault);
        if (!FeedTypes.TryRead(types, out var wanted, out var unknown)) return InvalidTypes(unknown);
        if (position > 0 && row.Status.IsTerminal() && (await engine.Store.ReadEvents(jobId, position.Value, limit: 1)).Count == 0) return TypedResults.NoContent();
        return await Open(engine, scope, position, wanted, caller) is { } stream ? stream : TooMany(http);
    }

    /// <summary>Follow all jobs of the tenant</summary>
    /// <remarks>Or those of one of its workflows, from now on or from a position.</remarks>
    /// <param name="workflow">A workflow's name.</param>
    /// <param name="after">The position of the last event that the client has.</param>
    /// <param name="types">Names of events with commas between; `step.*` means all that begin so.</param>
    internal static async Task<Results<EventStream, ProblemHttpResult>> Stream(
        string? workflow, string? after, string? types, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        FeedScope scope = string.IsNullOrEmpty(workflow) ? new FeedScope.OfTenant(caller.Tenant) : new FeedScope.OfWorkflow(caller.Tenant, workflow);
        if (!LivePosition.TryRead(http.Request, scope, after, out var position, out var fault)) return InvalidPosition(fault);
        if (!FeedTypes.TryRead(types, out var wanted, out var unknown)) return InvalidTypes(unknown);
        return await Open(engine, scope, position, wanted, caller) is { } stream ? stream : TooMany(http);
    }

    private static async Task<EventStream?> Open(DispatcherEngine engine, FeedScope scope, long? position, FeedTypes types, Caller caller)
    {
        try
        {
            return new EventStream(await engine.Node.Events.Subscribe(scope, position, types), caller);
        }
        catch (FeedFullException)
        {
            return null;
        }
    }

    private static ProblemHttpResult InvalidPosition(string fault) => Problem.Of(StatusCodes.Status400BadRequest, "invalid-position", fault);

    private static ProblemHttpResult InvalidTypes(string unknown) =>
        Problem.Of(StatusCodes.Status400BadRequest, "invalid-types", $"types names '{LivePosition.Short(unknown)}', which is no event; known are {string.Join(", ", FeedTypes.Names.Order(StringComparer.Ordinal))}, job.* and step.*.");

    private static ProblemHttpResult TooMany(HttpContext http)
    {
        http.Response.Headers.RetryAfter = "5";
        return Problem.Of(StatusCodes.Status503ServiceUnavailable, "too-many-streams", "This server serves as many live streams as it may; close some, or try again later.");
    }
}
