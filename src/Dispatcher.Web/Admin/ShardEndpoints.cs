using System.Globalization;
using Dispatcher.Coordination.Doctor;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Admin;

/// <summary>The shards: who owns them, and moves that an operator wants.</summary>
internal static partial class ShardEndpoints
{
    public static void MapShards(this IEndpointRouteBuilder admin)
    {
        admin.MapGet("/shards", List).WithName("listShards").RequireRole(Role.Monitor);
        var changes = admin.MapGroup("/shards").RequireRole(Role.ClusterAdmin);
        changes.MapPost("/{shard:int}/move", Move).WithName("moveShard")
            .Refuses(ProblemCode.UnknownShard, ProblemCode.UnknownNode, ProblemCode.AmbiguousNode, ProblemCode.NoCluster, ProblemCode.NodeRefused);
        changes.MapPost("/rebalance", Rebalance).WithName("rebalanceShards").Refuses(ProblemCode.NoCluster);
        changes.MapPost("/verify", Verify).WithName("verifyShards");
    }

    /// <summary>List the shards</summary>
    /// <remarks>Who owns each, at which epoch, and where it moves.</remarks>
    internal static async Task<Ok<ShardListView>> List(ClusterDesk desk) => TypedResults.Ok(ShardListView.Of(await desk.Read()));

    /// <summary>Move a shard</summary>
    /// <remarks>To a node, which keeps it as long as that lives, whatever the balance; a rebalance frees it.</remarks>
    /// <param name="shard">The shard's number.</param>
    internal static async Task<Results<Ok<ShardMoveView>, ProblemHttpResult>> Move(
        int shard, ShardMoveRequest request, Caller caller, HttpContext http, ClusterDesk desk, ILogger<ClusterDesk> logger)
    {
        var (cluster, noCluster) = desk.ForChanges();
        if (noCluster is not null) return noCluster.ToProblem(http);
        var view = await desk.Read();
        if (shard < 0 || shard >= view.Owners.Length)
        {
            return Refusal.NotFound(string.Create(CultureInfo.InvariantCulture, $"There is no shard {shard}: they are numbered from 0 to {view.Owners.Length - 1}."), ProblemCode.UnknownShard.Name).ToProblem(http);
        }

        var (node, unknown) = desk.Find(view, request.Node);
        if (unknown is not null) return unknown.ToProblem(http);
        if (node!.Wish != NodeWish.None || !await cluster!.Pin(shard, node.Incarnation))
            return new Refusal(StatusCodes.Status409Conflict, ProblemCode.NodeRefused.Name, $"The node {node.Name} ({node.Incarnation}) takes no shards: it drains, leaves or has ended.").ToProblem(http);
        LogMove(logger, shard, node.Name, node.Incarnation, caller.Name);
        return TypedResults.Ok(new ShardMoveView(shard, ClusterDesk.NameOf(view, view.Owners[shard]), node.Name, node.Incarnation));
    }

    /// <summary>Spread the shards evenly</summary>
    /// <remarks>The coordinator does it now, down to a difference of one shard, and frees shards that operators had moved.</remarks>
    internal static async Task<Results<Ok<RebalanceView>, ProblemHttpResult>> Rebalance(Caller caller, HttpContext http, ClusterDesk desk, ILogger<ClusterDesk> logger)
    {
        var (cluster, noCluster) = desk.ForChanges();
        if (noCluster is not null) return noCluster.ToProblem(http);
        var view = await desk.Read();
        await cluster!.WishRebalance();
        LogRebalance(logger, caller.Name);
        var counts = view.Nodes.Where(node => node.Wish == NodeWish.None).Select(node => view.Owners.Count(owner => owner == node.Incarnation)).DefaultIfEmpty().ToList();
        return TypedResults.Ok(new RebalanceView(counts.Max(), counts.Min(), view.Pins.Length));
    }

    /// <summary>Prove that nothing was written twice or lost</summary>
    /// <remarks>From the store alone: one writer for each epoch, no gap in any job's events, no owner that is dead, no command that is lost. Reads the whole journal.</remarks>
    internal static async Task<Ok<VerificationView>> Verify(DispatcherEngine engine, TimeProvider time, HttpContext http) =>
        TypedResults.Ok(VerificationView.Of(await ClusterVerification.Run(engine.Inspected, time, isLive: true, http.RequestAborted)));

    [LoggerMessage(5102, LogLevel.Warning, "Shard {Shard} is to move to node {Node} (incarnation {Incarnation}); that was asked for by {By}.")]
    private static partial void LogMove(ILogger logger, int shard, string node, long incarnation, string by);

    [LoggerMessage(5103, LogLevel.Warning, "The shards are to be spread evenly; that was asked for by {By}.")]
    private static partial void LogRebalance(ILogger logger, string by);
}
