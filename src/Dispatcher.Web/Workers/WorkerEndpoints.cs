using Dispatcher.Jobs;
using Dispatcher.Steps.Workers;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Json;
using Dispatcher.Web.Limits;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Workers;

/// <summary>External workers: lease tasks, say that they live, bring files and answers. The protocol is told in docs/workers.md.</summary>
internal static class WorkerEndpoints
{
    private static readonly ProblemCode[] OfAnswers = [ProblemCode.InvalidRequest, ProblemCode.NoWorkers, ProblemCode.UnknownLease, ProblemCode.LeaseLost, ProblemCode.NotReady];

    public static IServiceCollection AddWorkers(this IServiceCollection services) => services.AddHostedService<WorkerShutdown>();

    public static void MapWorkers(this IEndpointRouteBuilder api)
    {
        var workers = api.MapGroup("/workers").WithTags("workers");
        workers.MapPost("/lease", Lease).WithName("leaseTasks").RequireRole(Role.Worker).CountAsStream()
            .WithExample("""{"queues":["video"],"worker":"gpu-1","capacity":2,"wait_ms":30000}""")
            .Refuses(ProblemCode.InvalidRequest, ProblemCode.NoWorkers, ProblemCode.TooManyPolls);
        workers.MapPost("/heartbeat", Heartbeat).WithName("sendHeartbeats").RequireRole(Role.Worker).TakesBatch()
            .WithExample("""{"leases":[{"lease":"MDFh","progress":40,"message":"pass 1","checkpoint":{"frame":1200}}]}""")
            .Refuses(ProblemCode.InvalidRequest, ProblemCode.NoWorkers);
        workers.MapPost("/complete", Complete).WithName("completeTask").RequireRole(Role.Worker)
            .WithExample("""{"lease":"MDFh","output":{"seconds":61.5},"artifacts":[{"name":"film","path":"out/film.mkv"}]}""")
            .Refuses(OfAnswers).Refuses(ProblemCode.OutputTooLarge, ProblemCode.ArtifactMissing, ProblemCode.ArtifactPath);
        workers.MapPost("/fail", Fail).WithName("failTask").RequireRole(Role.Worker)
            .WithExample("""{"lease":"MDFh","error":{"class":"transient","code":"GPU_BUSY","message":"no encoder is free"},"retry_after":"5m"}""")
            .Refuses(OfAnswers);
        workers.MapPut("/artifacts/{lease}/{**path}", Upload).WithName("uploadArtifact").RequireRole(Role.Worker).TakesFile()
            .TakesText("The file, whole.", "application/octet-stream")
            .Refuses(OfAnswers).Refuses(ProblemCode.ArtifactPath, ProblemCode.StorageFull);
        workers.MapGet("/queues", Queues).WithName("listQueues").RequireRole(Role.Viewer).Refuses(ProblemCode.NoWorkers, ProblemCode.BadRequest);
    }

    /// <summary>Ask for tasks</summary>
    /// <remarks>Answered as soon as there is one, and with none after the wait. A task that nobody hears of, because the connection is gone, goes back to its place.</remarks>
    internal static async Task<Results<JsonOk<LeasedTasks>, ProblemHttpResult>> Lease(
        LeaseTasksRequest request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (WorkerProblems.Of(WorkerChecks.FaultsOf(request)) is { } refusal) return refusal.ToProblem(http);
        if (engine.Node.Workers is not { } desk) return WorkerProblems.NoDesk().ToProblem(http);
        try
        {
            var leases = await desk.Lease(request.For(caller.Tenant), http.RequestAborted);
            // Nobody is there to hear it: the tasks go back to their places.
            if (http.RequestAborted.IsCancellationRequested) desk.GiveBack(leases);
            return JsonAnswers.Ok(LeasedTasks.Of(leases));
        }
        catch (WorkersFullException full)
        {
            return WorkerProblems.ComeAgain(ProblemCode.TooManyPolls, full.Message).ToProblem(http);
        }
    }

    /// <summary>Say that tasks are being worked on</summary>
    /// <remarks>Each lease lasts a whole length from now. The answers tell which tasks to stop.</remarks>
    internal static async Task<Results<JsonOk<HeartbeatAnswer>, ProblemHttpResult>> Heartbeat(HeartbeatRequest request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (WorkerProblems.Of(WorkerChecks.FaultsOf(request)) is { } refusal) return refusal.ToProblem(http);
        if (engine.Node.Workers is not { } desk) return WorkerProblems.NoDesk().ToProblem(http);
        return JsonAnswers.Ok(HeartbeatAnswer.Of(await desk.Heartbeat(caller.Tenant, [.. request.Leases.Select(item => item.ToReport())])));
    }

    /// <summary>Complete a task</summary>
    /// <remarks>Durable when accepted. The same answer again is fine, another one under the same lease is refused, and so is whoever comes too late.</remarks>
    internal static async Task<Results<JsonOk<AnswerAccepted>, ProblemHttpResult>> Complete(CompleteRequest request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (WorkerProblems.Of(WorkerChecks.FaultsOf(request)) is { } refusal) return refusal.ToProblem(http);
        if (engine.Node.Workers is not { } desk) return WorkerProblems.NoDesk().ToProblem(http);
        var artifacts = (request.Artifacts ?? []).Select(artifact => new NamedArtifact(artifact.Name, artifact.Path));
        return ToAnswer(http, await desk.Complete(caller.Tenant, request.Lease, request.Output, [.. artifacts], http.RequestAborted));
    }

    /// <summary>Fail a task</summary>
    /// <remarks>Durable when accepted. The step's retry policy decides whether it is tried again.</remarks>
    internal static async Task<Results<JsonOk<AnswerAccepted>, ProblemHttpResult>> Fail(FailRequest request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (WorkerProblems.Of(WorkerChecks.FaultsOf(request, out var retryAfter)) is { } refusal) return refusal.ToProblem(http);
        if (engine.Node.Workers is not { } desk) return WorkerProblems.NoDesk().ToProblem(http);
        var failure = Failure.Of(request.Error.Class ?? ErrorClass.Transient, request.Error.Message, request.Error.Code) with { RetryAfterMs = (long?)retryAfter?.TotalMilliseconds };
        return ToAnswer(http, await desk.Fail(caller.Tenant, request.Lease, failure));
    }

    /// <summary>Bring a file</summary>
    /// <remarks>It gets its name in the job's folder when it is whole, and only while the lease holds.</remarks>
    /// <param name="lease">The lease, as it was given.</param>
    /// <param name="path">The file's path in the job's folder, with slashes.</param>
    internal static async Task<Results<JsonOk<UploadedArtifact>, ProblemHttpResult>> Upload(string lease, string path, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (engine.Node.Workers is not { } desk) return WorkerProblems.NoDesk().ToProblem(http);
        // The server leaves %2F as it is, and some clients write slashes so.
        var plain = path.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var reply = await desk.Upload(caller.Tenant, lease, plain, http.Request.Body, engine.Options.Web.ArtifactLimitBytes, http.RequestAborted);
        return reply is DeskReply.Stored { Artifact: var artifact }
            ? JsonAnswers.Ok(new UploadedArtifact(artifact.Path, artifact.Bytes, artifact.Sha256))
            : WorkerProblems.Of(reply).ToProblem(http);
    }

    /// <summary>List queues</summary>
    /// <remarks>What waits, what is with workers, and which workers were seen. Numbers begin anew with each start of the server.</remarks>
    internal static Results<JsonOk<QueuePage>, ProblemHttpResult> Queues(Caller caller, HttpContext http, DispatcherEngine engine) =>
        engine.Node.Workers is { } desk ? JsonAnswers.Ok(QueuePage.Of(desk.Queues.Statistics(caller.Tenant))) : WorkerProblems.NoDesk().ToProblem(http);

    private static Results<JsonOk<AnswerAccepted>, ProblemHttpResult> ToAnswer(HttpContext http, DeskReply reply) =>
        reply is DeskReply.Accepted accepted ? JsonAnswers.Ok(new AnswerAccepted("accepted", accepted.Again)) : WorkerProblems.Of(reply).ToProblem(http);
}
