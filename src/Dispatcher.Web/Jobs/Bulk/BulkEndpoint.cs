using System.Diagnostics;
using System.Text.Json;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs.Creating;
using Dispatcher.Web.Jobs.Listing;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Web.Json;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Jobs.Bulk;

/// <summary>One command for many jobs, carried out by a job of its own.</summary>
internal static class BulkEndpoint
{
    /// <summary>A preview follows the filter so far.</summary>
    private const int PreviewPages = 20;
    private const int PreviewPageLimit = 500;
    private const int PreviewTargets = 100;

    public static void MapBulk(this IEndpointRouteBuilder jobs) => jobs.MapPost("/jobs:bulk", Bulk).WithName("commandJobs").RequireRole(Role.Operator)
        .WithRequestHeader(IdempotencyKey.Header, "1 to 200 characters: a second request with this key gives the first one's job.")
        .WithExample("""{"filter":{"status":"failed","workflow":"talk-video"},"command":"recover","args":{"from_step":"render"},"reason":"the disk is back"}""")
        .Refuses(ProblemCode.InvalidRequest, ProblemCode.IdempotencyConflict);

    /// <summary>Give one command to many jobs</summary>
    /// <remarks>
    /// To all that the filter finds and that were made before this request. A job of its own carries it out, with what came of it for each in its file outcomes.jsonl;
    /// follow it as any job. With `dry_run` nothing happens, and the answer tells which jobs it would be.
    /// </remarks>
    internal static async Task<Results<Accepted<JobReceipt>, Ok<BulkPreview>, ProblemHttpResult>> Bulk(
        BulkRequest request, Caller caller, HttpContext http, DispatcherEngine engine, JobReader reader)
    {
        var faults = new List<RequestFault>();
        if (BulkOrder.Read(request, faults) is not { } order) return Refusal.Of(faults).ToProblem(http);
        var key = IdempotencyKey.Of(http.Request);
        if (key is not null && IdempotencyKey.Fault(key) is { } keyFault) return Refusal.Of([new RequestFault(IdempotencyKey.Header, keyFault)]).ToProblem(http);
        if (request.DryRun == true) return TypedResults.Ok(await Preview(new BulkTargets(engine.Store, caller.Tenant, order.Filter)));
        await engine.Node.Workflows.Pin(BulkWorkflow.Definition);
        var origin = RequestOrigin.Of(caller, http);
        var spec = new JobSpec
        {
            Tenant = caller.Tenant,
            Workflow = BulkWorkflow.Definition.Reference,
            Input = JsonSerializer.SerializeToElement(new BulkInput(request, caller.Name), ApiJson.Options),
            IdempotencyKey = key,
            CorrelationId = origin.CorrelationId,
            TraceParent = origin.TraceParent,
        };
        return await engine.Gateway.Submit(spec, origin.By) switch
        {
            CommandReply.Done done => Accepted(JobReceipt.Of(done.State)),
            CommandReply.Accepted accepted => Refusal.Unavailable($"The job of the command, {accepted.JobId}, waits for its node; look for it in a moment, or give the command again with the same key.").ToProblem(http),
            CommandReply.Duplicate { SameRequest: true } duplicate when await reader.Find(duplicate.Existing, caller.Tenant) is { } existing => Accepted(JobReceipt.Of(existing.View())),
            CommandReply.Duplicate duplicate => IdempotencyKey.Conflict(spec.IdempotencyKey, duplicate, "command").ToProblem(http),
            CommandReply.Refused refused => Rejections.ToRefusal(refused.Rejection).ToProblem(http),
            CommandReply.Unavailable unavailable => Refusal.Unavailable(unavailable).ToProblem(http),
            _ => throw new UnreachableException(),
        };
    }

    private static Accepted<JobReceipt> Accepted(JobReceipt job) => TypedResults.Accepted(job.Links.Self, job);

    private static async Task<BulkPreview> Preview(BulkTargets targets)
    {
        var (matched, shown) = (0, new List<JobListItem>());
        JobId? before = null;
        for (var page = 0; page < PreviewPages; page++)
        {
            var (rows, next) = await targets.Page(before, PreviewPageLimit);
            matched += rows.Count;
            shown.AddRange(rows.Take(PreviewTargets - shown.Count).Select(row => JobListItem.Of(row, ListFields.Status | ListFields.Workflow | ListFields.CreatedAt)));
            if (next is null) return new BulkPreview(matched, More: false, shown);
            before = next;
        }

        return new BulkPreview(matched, More: true, shown);
    }
}
