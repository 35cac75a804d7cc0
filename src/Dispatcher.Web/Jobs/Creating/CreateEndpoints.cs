using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs.Commanding;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Web.Json;
using Dispatcher.Web.Limits;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Jobs.Creating;

/// <summary>New jobs, one by one or many at once.</summary>
internal static class CreateEndpoints
{
    public static void MapCreate(this IEndpointRouteBuilder jobs)
    {
        jobs.MapPost("/jobs", Create).WithName("createJob").RequireRole(Role.Submitter)
            .WithRequestHeader(IdempotencyKey.Header, "As idempotency_key in the body.")
            .WithExample("""{"workflow":"talk-video","input":{"video":"talk.mp4"},"idempotency_key":"order-1042","labels":{"team":"red"}}""")
            .Refuses(ProblemCode.InvalidRequest, ProblemCode.UnknownWorkflow, ProblemCode.IdempotencyConflict, ProblemCode.PayloadTooLarge)
            .Refuses(ProblemCode.InvalidInput, ProblemCode.InvalidDefinition, ProblemCode.UnknownDependency, ProblemCode.UnknownParent)
            .Refuses(ProblemCode.QuotaExceeded, ProblemCode.InvalidQuota);
        jobs.MapPost("/jobs:batch", CreateBatch).WithName("createJobs").RequireRole(Role.Submitter).TakesBatch()
            .WithExample("""{"jobs":[{"workflow":"extract"},{"workflow":"report","depends_on":["#0"]}]}""")
            .Refuses(ProblemCode.InvalidRequest);
    }

    /// <summary>Make a job</summary>
    /// <remarks>Durable when answered. With an idempotency key, the same request again gives the same job, and another one is refused.</remarks>
    internal static async Task<Results<JsonCreated<JobReceipt>, JsonOk<JobReceipt>, Accepted<CommandReceipt>, ProblemHttpResult>> Create(
        CreateJobRequest request, Caller caller, HttpContext http, DispatcherEngine engine, JobReader reader)
    {
        if (!TryTakeKey(http.Request, ref request, out var refusal)) return refusal!.ToProblem(http);
        var creator = new JobCreator(engine, reader, RequestOrigin.Of(caller, http));
        var (spec, refused) = await creator.Prepare(request);
        if (refused is not null) return refused.ToProblem(http);
        var creation = await creator.Answer(request, spec!, await creator.Submit(spec!));
        return creation switch
        {
            { Refusal: { } no } => no.ToProblem(http),
            { Accepted: { } accepted } => accepted.ToAnswer(),
            { Status: StatusCodes.Status201Created, Job: { } job } => JsonAnswers.Created(job.Links.Self, job),
            { Job: var job } => JsonAnswers.Ok(job!),
        };
    }

    /// <summary>Make up to 1,000 jobs</summary>
    /// <remarks>Each has its own answer, in order; one that is refused harms no other. An item may depend on an earlier one by its index: `"depends_on": ["#0"]`.</remarks>
    internal static async Task<Results<JsonMultiStatus<BatchResponse>, ProblemHttpResult>> CreateBatch(
        BatchRequest batch, Caller caller, HttpContext http, DispatcherEngine engine, JobReader reader)
    {
        if (batch.Jobs.Count is 0 or > BatchRequest.LimitJobs)
            return Refusal.Of([new RequestFault("jobs", $"has {batch.Jobs.Count} items; it must have 1 to {BatchRequest.LimitJobs}")]).ToProblem(http);
        var creator = new JobCreator(engine, reader, RequestOrigin.Of(caller, http));
        var results = await new BatchCreator(creator, ApiJson.Options).Create(batch.Jobs);
        return JsonAnswers.MultiStatus(new BatchResponse(results));
    }

    /// <summary>The key may be in the header, which proxies and libraries know, or in the body.</summary>
    private static bool TryTakeKey(HttpRequest http, ref CreateJobRequest request, out Refusal? refusal)
    {
        refusal = null;
        if (IdempotencyKey.Of(http) is not { } key) return true;
        if (request.IdempotencyKey is { } given && given != key)
        {
            refusal = Refusal.Of([new RequestFault("idempotency_key", $"differs from the header {IdempotencyKey.Header}; give one of them, or the same")]);
            return false;
        }

        request = request with { IdempotencyKey = key };
        return true;
    }
}
