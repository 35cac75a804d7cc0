using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Admin;

/// <summary>The actors that live in this node.</summary>
internal static class ActorEndpoint
{
    private const int DeepestDepth = 10;
    private const int PathLimit = 1000;
    private const int StartLimitCharacters = 200;

    public static void MapActors(this IEndpointRouteBuilder admin) =>
        admin.MapGet("/actors", List).WithName("listActors").RequireRole(Role.ClusterAdmin).Refuses(ProblemCode.InvalidRequest);

    /// <summary>List this node's actors</summary>
    /// <remarks>As a tree of paths; jobs are at /system/sharding/jobs/SHARD/JOB, with the steps that run below them.</remarks>
    /// <param name="start">The path to begin with; / if absent.</param>
    /// <param name="depth">How many levels below it, 1 to 10; 4 if absent.</param>
    internal static async Task<Results<Ok<ActorListView>, ProblemHttpResult>> List(string? start, int? depth, HttpContext http, DispatcherEngine engine)
    {
        var faults = new List<RequestFault>();
        if (depth is < 1 or > DeepestDepth) faults.Add(new RequestFault("depth", $"must be 1 to {DeepestDepth}"));
        if (start is { Length: > 0 } && (start[0] != '/' || start.Length > StartLimitCharacters)) faults.Add(new RequestFault("start", "must be a path such as /system/sharding/jobs"));
        if (faults.Count > 0) return Refusal.Of(faults).ToProblem(http);
        var found = await engine.Node.Actors.List(start ?? "/", depth ?? 4, PathLimit);
        return TypedResults.Ok(new ActorListView(found.Paths, found.IsCut));
    }
}

/// <summary>Actors by their paths.</summary>
/// <param name="Paths">Parents before children.</param>
/// <param name="Cut">There are more: begin deeper.</param>
internal sealed record ActorListView(IReadOnlyList<string> Paths, bool Cut);
