using System.Globalization;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Admin;

/// <summary>Which node has a job.</summary>
internal static class LocationEndpoint
{
    public static void MapLocation(this IEndpointRouteBuilder admin) =>
        admin.MapGet("/jobs/{id}/location", Locate).WithName("locateJob").RequireRole(Role.Monitor).Refuses(ProblemCode.NotFound);

    /// <summary>Find a job's node</summary>
    /// <remarks>Of any tenant's job, and nothing of the job itself: its shard, and who owns that.</remarks>
    /// <param name="id">The job's id.</param>
    internal static async Task<Results<Ok<JobLocationView>, ProblemHttpResult>> Locate(string id, HttpContext http, ClusterDesk desk, DispatcherEngine engine)
    {
        if (!JobId.TryParse(id, out var job) || await engine.Store.FindJob(job) is null) return UnknownJob.Refuse(id).ToProblem(http);
        var view = await desk.Read();
        var shard = ShardSet.ShardOf(job, view.Owners.Length);
        var (owner, target) = (view.Owners[shard], view.Targets[shard]);
        var node = owner is { } incarnation ? view.Find(incarnation) : null;
        var state = owner is null ? "unowned" : owner == target || target is null ? "owned" : "moving";
        return TypedResults.Ok(new JobLocationView(
            job, shard, state, ClusterDesk.NameOf(view, owner), owner, node?.Address is { Length: > 0 } address ? address : null, view.Epochs[shard],
            target != owner ? ClusterDesk.NameOf(view, target) : null, Sentence(view, shard, state)));
    }

    private static string Sentence(ClusterView view, int shard, string state)
    {
        var (owner, target) = (ClusterDesk.NameOf(view, view.Owners[shard]), ClusterDesk.NameOf(view, view.Targets[shard]));
        return string.Create(CultureInfo.InvariantCulture, $"Shard {shard} {state switch
        {
            "owned" => $"belongs to {owner}, which runs the job.",
            "moving" => $"belongs to {owner} and moves to {target}: the job pauses for a moment.",
            _ when target is not null => $"belongs to nobody at this moment; {target} is to take it, and the job goes on there.",
            _ => "belongs to nobody, and nobody is to take it yet: the coordinator decides, if one lives.",
        }}");
    }
}
