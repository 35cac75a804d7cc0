using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Health;

/// <summary>For load balancers and process managers; without authentication and without details.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        var health = app.MapGroup("/health").WithTags("health").AllowAnonymousAccess();
        health.MapGet("/live", Live).WithName("live");
        health.MapGet("/ready", Ready).WithName("ready").Produces<HealthView>(StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>Is the process alive?</summary>
    /// <remarks>It answers, whatever else it does.</remarks>
    internal static Ok<HealthView> Live() => TypedResults.Ok(new HealthView("live"));

    /// <summary>Does the server take work?</summary>
    /// <remarks>The store is open, and what the last process left goes on. 503 until then, and while it stops.</remarks>
    internal static Results<Ok<HealthView>, JsonHttpResult<HealthView>> Ready(DispatcherEngine engine)
    {
        if (engine.IsReady) return TypedResults.Ok(new HealthView("ready"));
        return TypedResults.Json(new HealthView(engine.IsStopping ? "stopping" : "recovering"), statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}

/// <param name="Status"><c>live</c>, <c>ready</c>, <c>recovering</c> or <c>stopping</c>.</param>
internal sealed record HealthView(string Status);
