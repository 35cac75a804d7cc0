using Dispatcher.Web.Hosting;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Dispatcher.Web.Access;

/// <summary>
/// Refuses what a web page of another origin makes a browser send. Browsers say where a request comes from in <c>Sec-Fetch-Site</c> and <c>Origin</c>; programs
/// that are no browsers send neither and are not concerned.
/// </summary>
internal sealed class OriginMiddleware(RequestDelegate next, IOptions<DispatcherOptions> options)
{
    private readonly HashSet<string> _allowed = options.Value.Web.AllowedOrigins.Select(origin => origin.TrimEnd('/')).ToHashSet(StringComparer.OrdinalIgnoreCase);

    public Task InvokeAsync(HttpContext http) => IsAllowed(http.Request) ? next(http) : Refusal.ExecuteAsync(http);

    private static IResult Refusal => Problem.Of(
        StatusCodes.Status403Forbidden,
        "cross-origin",
        "A web page of another origin may not call this server; an operator can allow its origin with the setting dispatcher.web.allowed-origins.");

    private bool IsAllowed(HttpRequest request)
    {
        var (site, origin) = (request.Headers["Sec-Fetch-Site"], request.Headers.Origin);
        if (site.Count == 0 && origin.Count == 0) return true;
        if (origin.Count == 1 && _allowed.Contains(origin[0]!)) return true;
        if (site.Count == 1) return site[0] is "same-origin" or "none" || IsNavigation(request);
        return site.Count == 0 && origin.Count == 1 && IsOwn(origin[0]!, request);
    }

    /// <summary>A person followed a link; the page that had the link sees nothing of the answer.</summary>
    private static bool IsNavigation(HttpRequest request) => HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Mode"] is ["navigate"];

    /// <summary>The scheme may differ: what ends TLS in front of the server changes it.</summary>
    private static bool IsOwn(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && string.Equals(uri.Authority, new HostString(request.Host.Value ?? string.Empty).Value, StringComparison.OrdinalIgnoreCase);
}
