using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Access;

/// <summary>What an endpoint asks of its caller; null when it asks nothing. The last one on an endpoint counts.</summary>
internal sealed record AccessRule(Role? Role);

/// <summary>Says on an endpoint or a group who may call it. Each endpoint of Dispatcher says it, or the application does not start.</summary>
public static class AccessRules
{
    /// <summary>Only callers with this role: others get 401 without a good key, and 403 with one.</summary>
    public static T RequireRole<T>(this T endpoint, Role role)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new AccessRule(role));

    /// <summary>Everybody, without a key. For what tells nothing about any tenant.</summary>
    public static T AllowAnonymousAccess<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new AccessRule(Role: null));

    /// <exception cref="InvalidOperationException">Endpoints without a rule; all of them are named.</exception>
    internal static void Check(IEnumerable<Endpoint> endpoints)
    {
        var open = endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<AccessRule>() is null).Select(NameOf).ToList();
        if (open.Count > 0) throw new InvalidOperationException($"Endpoints without RequireRole or AllowAnonymousAccess: {string.Join(", ", open)}.");
    }

    private static string NameOf(Endpoint endpoint)
    {
        var methods = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["*"];
        return $"{string.Join('|', methods)} {(endpoint as RouteEndpoint)?.RoutePattern.RawText ?? endpoint.DisplayName}";
    }
}
