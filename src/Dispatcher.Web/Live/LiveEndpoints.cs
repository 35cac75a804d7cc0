using Dispatcher.Feed;
using Dispatcher.Jobs;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs;
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
    private const string PositionHeader = "Last-Event-ID";

    public static void MapLive(this IEndpointRouteBuilder api)
    {
        var live = api.MapGroup("").WithTags("live").RequireRole(Role.Viewer);
        live.MapGet("/jobs/{id}/stream", StreamJob).WithName("streamJob").Refuses(ProblemCode.NotFound, ProblemCode.InvalidPosition, ProblemCode.InvalidTypes, ProblemCode.TooManyStreams)
            .AnswersFile("Server-sent events.", "text/event-stream").WithRequestHeader(PositionHeader, "The last event that the client has; as after.");
        live.MapGet("/stream", Stream).WithName("stream").Refuses(ProblemCode.InvalidPosition, ProblemCode.InvalidTypes, ProblemCode.TooManyStreams)
            .AnswersFile("Server-sent events.", "text/event-stream").WithRequestHeader(PositionHeader, "The last event that the client has; as after.");
    }

    /// <summary>Follow a job</summary>
    /// <remarks>Its events from the first on, until it has ended; 204 for a client that has seen the end and comes back.</remarks>
    /// <param name="id">The job's id.</param>
    /// <param name="after">The number of the last event that the client has.</param>
    /// <param name="types">Names of events with commas between; `step.*` means all that begin so.</param>
    internal static async Task<Results<EventStream, NoContent, ProblemHttpResult>> StreamJob(
        string id, string? after, string? types, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (await LiveRequest.FindJob(engine.Store, id, caller.Tenant) is not var (scope, row)) return UnknownJob.Refuse(id).ToProblem(http);
        if (Read(http, scope, after, types, out var request) is { } refusal) return refusal.ToProblem(http);
        if (request.Position is > 0 and var position && row.Status.IsTerminal() && (await engine.Store.ReadEvents(scope.Job, position, limit: 1)).Count == 0)
            return TypedResults.NoContent();
        var (subscription, refused) = await request.Subscribe(engine.Node.Events);
        return subscription is null ? refused!.ToProblem(http) : new EventStream(subscription, caller);
    }

    /// <summary>Follow all jobs of the tenant</summary>
    /// <remarks>Or those of one of its workflows, from now on or from a position.</remarks>
    /// <param name="workflow">A workflow's name.</param>
    /// <param name="after">The position of the last event that the client has.</param>
    /// <param name="types">Names of events with commas between; `step.*` means all that begin so.</param>
    internal static async Task<Results<EventStream, ProblemHttpResult>> Stream(
        string? workflow, string? after, string? types, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (Read(http, LiveRequest.OfTenant(caller.Tenant, workflow), after, types, out var request) is { } refusal) return refusal.ToProblem(http);
        var (subscription, refused) = await request.Subscribe(engine.Node.Events);
        return subscription is null ? refused!.ToProblem(http) : new EventStream(subscription, caller);
    }

    /// <summary>A client that comes back sends the header, and still the <c>after</c> with which it began.</summary>
    private static Refusal? Read(HttpContext http, FeedScope scope, string? after, string? types, out LiveRequest request)
    {
        var header = http.Request.Headers[PositionHeader].ToString();
        return header.Length > 0
            ? LiveRequest.Read(scope, types, header, PositionHeader, out request)
            : LiveRequest.Read(scope, types, after, nameof(after), out request);
    }
}
