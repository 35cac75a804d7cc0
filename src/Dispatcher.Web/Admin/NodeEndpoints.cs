using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Admin;

/// <summary>Orders for one node, given at any node: they are wishes in the database, which the coordinator and the node itself see to.</summary>
internal static partial class NodeEndpoints
{
    public static void MapNodes(this IEndpointRouteBuilder admin)
    {
        var nodes = admin.MapGroup("/cluster/nodes/{node}").RequireRole(Role.ClusterAdmin);
        nodes.MapPost("/leave", Leave).WithName("leaveNode").Refuses(ProblemCode.UnknownNode, ProblemCode.AmbiguousNode, ProblemCode.NoCluster);
        nodes.MapPost("/drain", Drain).WithName("drainNode").Refuses(ProblemCode.UnknownNode, ProblemCode.AmbiguousNode, ProblemCode.NoCluster, ProblemCode.NodeRefused);
        nodes.MapPost("/resume", Resume).WithName("resumeNode").Refuses(ProblemCode.UnknownNode, ProblemCode.AmbiguousNode, ProblemCode.NoCluster, ProblemCode.NodeRefused);
        nodes.MapPost("/down", Down).WithName("downNode").Refuses(ProblemCode.UnknownNode, ProblemCode.AmbiguousNode, ProblemCode.NoCluster, ProblemCode.NodeRefused);
    }

    /// <summary>Let a node leave</summary>
    /// <remarks>It hands its shards over, lets running steps end for a while, and its process ends.</remarks>
    /// <param name="node">Its name, its incarnation, its address, or self.</param>
    internal static Task<Results<Ok<NodeOrderView>, ProblemHttpResult>> Leave(string node, Caller caller, HttpContext http, ClusterDesk desk, ILogger<ClusterDesk> logger) =>
        Order(node, "leave", caller, http, desk, logger, async (cluster, _, found) =>
            await cluster.Wish(found.Incarnation, NodeWish.Leave) ? "It hands its shards over, and its process ends." : null);

    /// <summary>Take the shards from a node</summary>
    /// <remarks>It hands them over and gets no others until it is resumed; its process stays, and answers requests.</remarks>
    /// <param name="node">Its name, its incarnation, its address, or self.</param>
    internal static Task<Results<Ok<NodeOrderView>, ProblemHttpResult>> Drain(string node, Caller caller, HttpContext http, ClusterDesk desk, ILogger<ClusterDesk> logger) =>
        Order(node, "drain", caller, http, desk, logger, async (cluster, view, found) =>
        {
            if (found.Wish == NodeWish.Leave) throw Refused("it is about to leave");
            if (!view.Nodes.Any(other => other.Incarnation != found.Incarnation && other.Wish == NodeWish.None)) throw Refused("no other node could take its shards");
            return await cluster.Wish(found.Incarnation, NodeWish.Drain) ? "It hands its shards over, and stays." : null;
        });

    /// <summary>Give a drained node shards again</summary>
    /// <remarks>The next balance counts it in.</remarks>
    /// <param name="node">Its name, its incarnation, its address, or self.</param>
    internal static Task<Results<Ok<NodeOrderView>, ProblemHttpResult>> Resume(string node, Caller caller, HttpContext http, ClusterDesk desk, ILogger<ClusterDesk> logger) =>
        Order(node, "resume", caller, http, desk, logger, async (cluster, _, found) =>
        {
            if (found.Wish == NodeWish.Leave) throw Refused("it is about to leave, which cannot be taken back");
            return await cluster.Wish(found.Incarnation, NodeWish.None) ? "It gets its share of the shards." : null;
        });

    /// <summary>Declare a node dead</summary>
    /// <remarks>Without evidence: whoever asks knows. Its right to write ends for ever, and its shards go to others at once. If it lives after all, it finds out and starts anew.</remarks>
    /// <param name="node">Its name, its incarnation, or its address.</param>
    internal static Task<Results<Ok<NodeOrderView>, ProblemHttpResult>> Down(string node, Caller caller, HttpContext http, ClusterDesk desk, ILogger<ClusterDesk> logger) =>
        Order(node, "down", caller, http, desk, logger, async (cluster, _, found) =>
        {
            if (found.Incarnation == desk.Incarnation) throw Refused("it is the node that you ask, and it lives: let it leave, or ask another node");
            return await cluster.DeclareDead(found.Incarnation) ? "It may write no more, and its shards go to others." : null;
        });

    /// <param name="carryOut">The sentence of what happens now; null when the node has ended meanwhile.</param>
    private static async Task<Results<Ok<NodeOrderView>, ProblemHttpResult>> Order(
        string node, string order, Caller caller, HttpContext http, ClusterDesk desk, ILogger logger, Func<IClusterStore, ClusterView, ClusterNode, Task<string?>> carryOut)
    {
        var (cluster, noCluster) = desk.ForChanges();
        if (noCluster is not null) return noCluster.ToProblem(http);
        var view = await desk.Read();
        // Routing leaves the slashes of an address as they came.
        var (found, unknown) = desk.Find(view, Uri.UnescapeDataString(node));
        if (unknown is not null) return unknown.ToProblem(http);
        try
        {
            if (await carryOut(cluster!, view, found!) is not { } sentence)
                return Refusal.NotFound($"The node {found!.Name} ({found.Incarnation}) has just ended.", ProblemCode.UnknownNode.Name).ToProblem(http);
            LogOrder(logger, order, found!.Name, found.Incarnation, caller.Name);
            return TypedResults.Ok(new NodeOrderView(found.Incarnation, found.Name, order, sentence));
        }
        catch (NodeRefusedException refused)
        {
            return new Refusal(StatusCodes.Status409Conflict, ProblemCode.NodeRefused.Name, $"The node {found!.Name} ({found.Incarnation}) cannot {order}: {refused.Message}.").ToProblem(http);
        }
    }

    private static NodeRefusedException Refused(string cause) => new(cause);

    private sealed class NodeRefusedException(string cause) : Exception(cause);

    [LoggerMessage(5101, LogLevel.Warning, "The order {Order} for node {Node} (incarnation {Incarnation}) was given by {By}.")]
    private static partial void LogOrder(ILogger logger, string order, string node, long incarnation, string by);
}
