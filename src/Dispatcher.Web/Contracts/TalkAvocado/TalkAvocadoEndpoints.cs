using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Json;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Contracts.TalkAvocado;

/// <summary>The jobs API of talk videos: <c>POST /jobs</c> and <c>GET /jobs/{jobId}?tenantId=</c>, and as an extension a way to start a job that waits.</summary>
internal static partial class TalkAvocadoEndpoints
{
    public static IServiceCollection AddTalkAvocado(this IServiceCollection services) =>
        services.AddSingleton<TalkManifests>().AddSingleton<TalkJobs>().AddHostedService<TalkManifestFollower>();

    public static void MapTalkAvocado(this IEndpointRouteBuilder root)
    {
        var jobs = root.MapGroup("/jobs").WithTags("talk-avocado");
        jobs.MapPost("", Create).WithName("talkCreateJob").RequireRole(Role.Submitter)
            .TakesText("A tenant and, if it is known, the video. At most 64 KiB.", "application/json")
            .WithRequestHeader(TalkJobs.KeyHeader, "A second create of the tenant with this key is refused with 409 and the first one's job.")
            .WithExample("""{"tenantId":"demo-tenant","input":{"originalFilename":"sample.mp4","bytes":123456,"mimeType":"video/mp4"}}""")
            .AnswersError(400, 402, 403, 404, 409, 413, 422, 500, 503);
        jobs.MapGet("/{jobId}", Show).WithName("talkGetJob").RequireRole(Role.Viewer).AnswersError(400, 404, 500, 503);
        jobs.MapPost("/{jobId}/start", Start).WithName("talkStartJob").RequireRole(Role.Submitter).AnswersError(400, 404, 409, 500, 503);
    }

    /// <summary>Make a job for a talk video</summary>
    /// <remarks>Durable when answered, with its manifest. Starts at once or waits, as `start-on-create` says.</remarks>
    internal static Task<Results<JsonCreated<TalkJobCreated>, TalkError>> Create(Caller caller, HttpContext http, TalkJobs jobs, ILogger<TalkJobs> logger) =>
        Guarded<JsonCreated<TalkJobCreated>>(logger, async () =>
        {
            if (!TryReadKey(http.Request, out var key)) return TalkError.Invalid($"Invalid {TalkJobs.KeyHeader}: 1 to {KeyCharacters} printable characters, once");
            var (request, error) = await TalkRequest.Read(http.Request);
            if (error is not null) return error;
            if (!MayUse(caller, request!.TenantId, http)) return TalkError.Of(StatusCodes.Status403Forbidden, "tenantId is not the tenant of this key");
            var (job, refusal) = await jobs.Create(request, key, caller, http);
            return refusal is not null ? refusal : JsonAnswers.Created($"/jobs/{job!.JobId}?tenantId={job.TenantId}", job);
        });

    /// <summary>Show a job and what it has made</summary>
    /// <param name="jobId">The job's id.</param>
    /// <param name="tenantId">Whose job it is.</param>
    internal static Task<Results<JsonOk<TalkJobView>, TalkError>> Show(string jobId, string? tenantId, Caller caller, HttpContext http, TalkJobs jobs, ILogger<TalkJobs> logger) =>
        Guarded<JsonOk<TalkJobView>>(logger, async () =>
        {
            if (TalkRequest.TenantFault(tenantId) is { } fault) return TalkError.Invalid(fault);
            if (!MayUse(caller, tenantId!, http)) return TalkError.NotFound();
            var (job, refusal) = await jobs.Show(jobId, tenantId!, http.RequestAborted);
            return refusal is not null ? refusal : JsonAnswers.Ok(job!);
        });

    /// <summary>Start a job that waits</summary>
    /// <remarks>An extension of the contract, for a server that does not start jobs when they are made. A job that has started already stays as it is.</remarks>
    /// <param name="jobId">The job's id.</param>
    /// <param name="tenantId">Whose job it is.</param>
    internal static Task<Results<JsonOk<TalkJobView>, TalkError>> Start(string jobId, string? tenantId, Caller caller, HttpContext http, TalkJobs jobs, ILogger<TalkJobs> logger) =>
        Guarded<JsonOk<TalkJobView>>(logger, async () =>
        {
            if (TalkRequest.TenantFault(tenantId) is { } fault) return TalkError.Invalid(fault);
            if (!MayUse(caller, tenantId!, http)) return TalkError.NotFound();
            var (job, refusal) = await jobs.Start(jobId, tenantId!, caller, http);
            return refusal is not null ? refusal : JsonAnswers.Ok(job!);
        });

    /// <summary>The key names a tenant, and only that one exists for it. Whoever reaches the machine itself has no tenant of his own, and may name any.</summary>
    private static bool MayUse(Caller caller, string tenantId, HttpContext http)
    {
        if (caller.Tenant != tenantId && !caller.IsLocalOperator) return false;
        if (http.Features.Get<RequestContext>() is { } context) context.Tenant = tenantId;
        return true;
    }

    private const int KeyCharacters = JobLimits.KeyCharacters - 20;

    private static bool TryReadKey(HttpRequest request, out string? key)
    {
        var given = request.Headers[TalkJobs.KeyHeader];
        key = given.Count == 1 ? given[0] : null;
        return given.Count == 0 || (key is { Length: > 0 and <= KeyCharacters } && key.All(character => character is >= ' ' and <= '~'));
    }

    /// <summary>Whatever goes wrong is said in the contract's words; the log knows more.</summary>
    private static async Task<Results<TGood, TalkError>> Guarded<TGood>(ILogger logger, Func<Task<Results<TGood, TalkError>>> answer)
        where TGood : IResult
    {
        try
        {
            return await answer();
        }
        catch (StoreException fault)
        {
            LogFault(logger, fault);
            return TalkError.Of(Refusal.Unavailable(fault));
        }
        catch (StepFailedException fault) when (fault.Failure.Class == ErrorClass.Transient)
        {
            LogFault(logger, fault);
            return TalkError.Of(Refusal.Unavailable(fault.Message));
        }
        catch (Exception fault) when (fault is not OperationCanceledException and not BadHttpRequestException)
        {
            LogFault(logger, fault);
            return TalkError.InternalFault();
        }
    }

    [LoggerMessage(EventId = 4302, Level = LogLevel.Error, Message = "A request met a fault of Dispatcher itself")]
    private static partial void LogFault(ILogger logger, Exception fault);
}
