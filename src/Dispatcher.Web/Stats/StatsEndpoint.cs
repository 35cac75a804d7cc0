using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Stats;

/// <summary>Numbers of the tenant: from counters that the appends keep, from the admission point, and from memory. Nothing is counted when it is asked for.</summary>
internal static class StatsEndpoint
{
    public static IServiceCollection AddStats(this IServiceCollection services) => services.AddSingleton<RecentRates>().AddHostedService<StatsStartup>();

    public static void MapStats(this IEndpointRouteBuilder api) => api.MapGet("/stats", Show).WithName("getStats").WithTags("stats").RequireRole(Role.Viewer);

    /// <summary>Show numbers</summary>
    /// <remarks>The tenant's jobs by status and workflow, what waits and why, and what came and went in the last minute.</remarks>
    internal static async Task<Ok<StatsView>> Show(Caller caller, DispatcherEngine engine, RecentRates rates)
    {
        var counts = await engine.Store.CountJobs(caller.Tenant);
        var workflows = counts.GroupBy(count => count.WorkflowName, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new WorkflowStats(group.Key, group.Sum(count => count.Jobs), ByStatus(group)));
        var stages = engine.Node.Admission.Stages.Select(stage => stage.StatisticsOf(caller.Tenant)).OfType<Steps.Admission.TenantStageStatistics>().ToList();
        return TypedResults.Ok(new StatsView(
            counts.Sum(count => count.Jobs),
            ByStatus(counts),
            [.. workflows],
            stages.Sum(stage => stage.Running),
            stages.Sum(stage => stage.Waiting),
            [.. stages.Select(stage => new StageStats(stage.Stage, stage.Running, stage.Waiting, stage.Waiting > 0 ? stage.Reason : null))],
            rates.Of(caller.Tenant)));
    }

    private static SortedDictionary<string, long> ByStatus(IEnumerable<JobCount> counts)
    {
        var byStatus = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var count in counts.Where(count => count.Jobs > 0))
        {
            var status = count.Status.ToText();
            byStatus[status] = byStatus.GetValueOrDefault(status) + count.Jobs;
        }

        return byStatus;
    }
}
