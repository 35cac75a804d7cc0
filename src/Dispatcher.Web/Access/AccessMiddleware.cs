using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Access;

/// <summary>Finds the caller of each request to an endpoint with a rule, and lets it through or refuses it. Endpoints without a rule are not ours.</summary>
internal sealed class AccessMiddleware(RequestDelegate next, CallerFinder callers)
{
    public Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<AccessRule>() is not { Role: { } role }) return next(http);
        // Only a token that waits for its signing key is not known at once.
        var finding = callers.Find(http);
        return finding.IsCompletedSuccessfully ? GoOn(http, role, finding.Result) : GoOnLater(http, role, finding);
    }

    private async Task GoOnLater(HttpContext http, Role role, ValueTask<CallerFinding> finding) => await GoOn(http, role, await finding);

    private Task GoOn(HttpContext http, Role role, CallerFinding finding)
    {
        if (finding is CallerFinding.Refused refused)
        {
            if (refused.Status == StatusCodes.Status401Unauthorized) http.Response.Headers.WWWAuthenticate = refused.Challenge;
            return Problem.Of(refused.Status, refused.Code, refused.Detail).ExecuteAsync(http);
        }

        var caller = ((CallerFinding.Found)finding).Caller;
        if (!caller.Has(role)) return Forbidden(caller, role).ExecuteAsync(http);
        http.Features.Set(caller);
        if (http.Features.Get<RequestContext>() is { } context) context.Tenant = caller.Tenant;
        // A SignalR connection over long polling keeps a copy of the context, which has the items and not the features.
        if (Credentials.IsLive(http.Request.Path)) http.Items[typeof(Caller)] = caller;
        return next(http);
    }

    private static IResult Forbidden(Caller caller, Role role)
    {
        var has = string.Join(", ", caller.Roles.Order().Select(RoleSet.ToText));
        return Problem.Of(
            StatusCodes.Status403Forbidden,
            "forbidden",
            $"This needs the role {role.ToText()}; the key or token {caller.Name} has {(has.Length > 0 ? has : "none")}.");
    }
}
