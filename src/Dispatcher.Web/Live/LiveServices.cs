using Dispatcher.Web.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Live;

/// <summary>Live connections: what they have in common, and the hub.</summary>
internal static class LiveServices
{
    /// <summary>Bytes that a connection to the hub keeps for a client, and from it.</summary>
    private const int BufferLimitBytes = 64 * 1024;

    /// <summary>After the engine, which the announcer asks. The options are the hub's own: an application may have other hubs.</summary>
    public static IServiceCollection AddLive(this IServiceCollection services)
    {
        services.AddSingleton<LiveClock>();
        services.AddSingleton<NodeAnnouncer>();
        services.AddHostedService(provider => provider.GetRequiredService<NodeAnnouncer>());
        services.AddSignalR().AddHubOptions<JobsHub>(options =>
        {
            options.MaximumReceiveMessageSize = JobsHub.MessageLimitBytes;
            options.MaximumParallelInvocationsPerClient = 1;
            options.EnableDetailedErrors = false;
        });
        return services;
    }

    public static void MapHub(this IEndpointRouteBuilder app) => app.MapHub<JobsHub>(JobsHub.Path, options =>
    {
        options.ApplicationMaxBufferSize = BufferLimitBytes;
        options.TransportMaxBufferSize = BufferLimitBytes;
    }).RequireRole(Role.Viewer);
}
