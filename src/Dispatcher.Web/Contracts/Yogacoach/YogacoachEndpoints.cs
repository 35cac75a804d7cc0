using Dispatcher.Web.Access;
using Dispatcher.Web.Limits;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Contracts.Yogacoach;

/// <summary>The contract of yogacoach's job dispatcher: docs/contracts/yogacoach.md.</summary>
internal static class YogacoachEndpoints
{
    public static void MapYogacoach(this IEndpointRouteBuilder root)
    {
        // The contract has a document of its own, and no part in that of /api/v1.
        var yogacoach = root.MapGroup("/api/yogacoach").WithTags("yogacoach").ExcludeFromDescription();
        yogacoach.AddEndpointFilter<StoreFaults>();
        yogacoach.MapPost("/jobs", CreateOrQuery).RequireRole(Role.Submitter).TakesBatch();
        yogacoach.MapGet("/jobs/{id}/status", Status).RequireRole(Role.Viewer);
        yogacoach.MapPost("/quota", Quota).RequireRole(Role.Submitter);
    }

    /// <summary>One tool for both: <c>job_id</c> alone asks for a job, anything else makes one.</summary>
    private static async Task<IResult> CreateOrQuery(Caller caller, HttpContext http, YogacoachJobs jobs)
    {
        var (body, fault) = await ContractBody.ReadObject(http);
        if (fault is not null) return fault;
        if (body.TryGetProperty("job_id", out var id) && body.GetPropertyCount() == 1) return await jobs.Status(id.ToString(), caller, http);
        return await jobs.Create(body, caller, http);
    }

    private static async Task<IResult> Quota(Caller caller, HttpContext http, YogacoachQuota quota)
    {
        var (body, fault) = await ContractBody.ReadObject(http);
        return fault ?? await quota.Act(body, caller, http);
    }

    private static Task<IResult> Status(string id, Caller caller, HttpContext http, YogacoachJobs jobs) => jobs.Status(id, caller, http);
}
