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
        health.MapGet("/ready", Ready).WithName("ready");
    }

    /// <summary>The process answers.</summary>
    private static Ok<HealthView> Live() => TypedResults.Ok(new HealthView("live"));

    /// <summary>The engine takes work: the store is open and what the last process left goes on.</summary>
    private static Results<Ok<HealthView>, JsonHttpResult<HealthView>> Ready(DispatcherEngine engine)
    {
        if (engine.IsReady) return TypedResults.Ok(new HealthView("ready"));
        return TypedResults.Json(new HealthView(engine.IsStopping ? "stopping" : "recovering"), statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}

/// <param name="Status"><c>live</c>, <c>ready</c>, <c>recovering</c> or <c>stopping</c>.</param>
internal sealed record HealthView(string Status);
