using Dispatcher.Web.Access;
using Dispatcher.Web.Admin.Log;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Admin;

/// <summary>
/// What the operator of the machine sees and does: nodes, shards, actors, the log. None of it is a tenant's, so it needs roles that no admin of a tenant can give:
/// <see cref="Role.Monitor"/> to look at the cluster, <see cref="Role.ClusterAdmin"/> for the rest.
/// </summary>
internal static class AdminEndpoints
{
    /// <summary>Before the engine, so that the log has the engine's start.</summary>
    public static IServiceCollection AddLog(this IServiceCollection services) => services.AddSingleton<LogRing>().AddHostedService<LogStartup>();

    public static IServiceCollection AddAdmin(this IServiceCollection services) => services.AddSingleton<ClusterDesk>().AddSingleton<ClusterFollower>();

    public static void MapAdmin(this IEndpointRouteBuilder api)
    {
        var admin = api.MapGroup("/admin").WithTags("admin");
        admin.MapCluster();
        admin.MapNodes();
        admin.MapShards();
        admin.MapLocation();
        admin.MapActors();
        admin.MapLog();
    }
}
