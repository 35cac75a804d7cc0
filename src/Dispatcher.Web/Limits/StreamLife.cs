using Dispatcher.Web.Access;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Limits;

/// <summary>That the client itself has left a request of <see cref="StreamLife"/>, for an endpoint that has a last word when it ends for another reason.</summary>
internal sealed record ClientLeft(CancellationToken Token)
{
    public static CancellationToken Of(HttpContext http) => http.Features.Get<ClientLeft>()?.Token ?? http.RequestAborted;
}

/// <summary>
/// Ends a request that stays open by design when its key or token does, and when the application stops, so that neither waits for it. The endpoint
/// sees it as its caller's leaving: <see cref="HttpContext.RequestAborted"/>.
/// </summary>
internal static class StreamLife
{
    public static async Task Run(HttpContext http, Caller caller, CancellationToken stopping, RequestDelegate next)
    {
        var left = http.RequestAborted;
        http.Features.Set(new ClientLeft(left));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(left, caller.Ended, stopping);
        http.RequestAborted = end.Token;
        try
        {
            await next(http);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested && !left.IsCancellationRequested)
        {
            if (!http.Response.HasStarted) await Refusal(http, caller).ExecuteAsync(http);
        }
        finally
        {
            http.RequestAborted = left;
        }
    }

    private static IResult Refusal(HttpContext http, Caller caller)
    {
        if (caller.Ended.IsCancellationRequested) return Problem.Of(StatusCodes.Status401Unauthorized, "unauthorized", "The key or token has ended.");
        http.Response.Headers.RetryAfter = "1";
        return Problem.Of(StatusCodes.Status503ServiceUnavailable, "stopping", "The server is stopping; ask again in a moment, here or at another node.");
    }
}
