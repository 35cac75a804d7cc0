using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Traces;

/// <summary>Tells the request's span what it was: its route and its status, which ASP.NET Core leaves to libraries. Does nothing while nobody listens.</summary>
internal sealed class TraceMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http) =>
        http.Features.Get<IHttpActivityFeature>()?.Activity is { IsAllDataRequested: true } span ? Follow(http, span) : next(http);

    private async Task Follow(HttpContext http, Activity span)
    {
        try
        {
            await next(http);
        }
        finally
        {
            var status = http.Response.StatusCode;
            span.SetTag("http.response.status_code", status);
            if (http.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } route })
            {
                span.DisplayName = $"{http.Request.Method} {route}";
                span.SetTag("http.route", route);
            }

            if (status >= StatusCodes.Status500InternalServerError) span.SetStatus(ActivityStatusCode.Error);
        }
    }
}
