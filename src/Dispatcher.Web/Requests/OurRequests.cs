using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Dispatcher.Web.Requests;

/// <summary>Which requests of the application are answered in Dispatcher's way.</summary>
internal sealed class OurRequests(IOptions<DispatcherOptions> options)
{
    private static readonly PathString[] Prefixes = ["/api/v1", "/hubs"];

    private readonly bool _all = options.Value.Web.OwnsAllPaths;

    /// <summary>Those to an endpoint with a rule of access, and those below Dispatcher's paths that no other endpoint takes.</summary>
    public bool Has(HttpContext http)
    {
        if (_all) return true;
        var endpoint = http.GetEndpoint();
        if (endpoint?.Metadata.GetMetadata<AccessRule>() is not null) return true;
        // Routing answers a wrong verb with an endpoint of its own, which has no route.
        return endpoint is not RouteEndpoint && Prefixes.Any(prefix => http.Request.Path.StartsWithSegments(prefix, StringComparison.OrdinalIgnoreCase));
    }
}
