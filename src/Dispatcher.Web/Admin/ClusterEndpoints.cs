using Dispatcher.Web.Access;
using Dispatcher.Web.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Admin;

/// <summary>Who is in the cluster.</summary>
internal static class ClusterEndpoints
{
    public static void MapCluster(this IEndpointRouteBuilder admin)
    {
        var cluster = admin.MapGroup("/cluster").RequireRole(Role.Monitor);
        cluster.MapGet("/", Show).WithName("getCluster");
        cluster.MapGet("/stream", Stream).WithName("streamCluster").AnswersFile("Server-sent events.", "text/event-stream");
    }

    /// <summary>Show the cluster</summary>
    /// <remarks>The nodes that live with what they own, who coordinates, and what nodes that have ended left.</remarks>
    internal static async Task<Ok<ClusterStateView>> Show(ClusterDesk desk) => TypedResults.Ok(await desk.ReadState());

    /// <summary>Follow the cluster</summary>
    /// <remarks>First what it is, then each change as this node sees it: nodes that come, go, or fall silent, coordinators, shards that move.</remarks>
    internal static AdminStream Stream(Caller caller, ClusterFollower follower) => new(follower.Follow, caller);
}
