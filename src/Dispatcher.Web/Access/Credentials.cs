using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Dispatcher.Web.Access;

/// <summary>Where a request carries its key or token.</summary>
internal static class Credentials
{
    private const string Bearer = "Bearer ";
    private const string QueryName = "access_token";

    /// <summary>
    /// <c>Authorization: Bearer</c>, or <c>X-Api-Key</c>, or for live connections, for which browsers cannot set headers, the query
    /// <c>access_token</c>; null if there is none. Several of one kind are none that is good.
    /// </summary>
    public static string? Of(HttpRequest request)
    {
        if (request.Headers.Authorization is { Count: > 0 } authorization) return One(authorization) is { } text ? FromBearer(text) : string.Empty;
        if (request.Headers["X-Api-Key"] is { Count: > 0 } key) return One(key) ?? string.Empty;
        return IsLive(request.Path) && request.Query[QueryName] is { Count: > 0 } token ? One(token) ?? string.Empty : null;
    }

    /// <summary>Paths of connections that stay open: only these take their key from the address, which others would write into logs and histories.</summary>
    public static bool IsLive(PathString path) =>
        path.StartsWithSegments("/hubs", StringComparison.OrdinalIgnoreCase) || (path.StartsWithSegments("/api/v1", StringComparison.OrdinalIgnoreCase) && path.Value!.EndsWith("/stream", StringComparison.OrdinalIgnoreCase));

    private static string? One(StringValues values) => values.Count == 1 ? values[0] : null;

    private static string FromBearer(string header) => header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : string.Empty;
}
