using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs;
using Dispatcher.Web.Jobs.Forecasting;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Contracts.Yogacoach;

/// <summary>
/// Translates the contract's requests into jobs and back. Keeps nothing: a session and a pipeline version are the job's idempotency key, the envelope is part of its input,
/// and its quota is the workflow's.
/// </summary>
internal sealed partial class YogacoachJobs(DispatcherEngine engine, JobReader reader, JobForecaster forecaster, ILogger<YogacoachJobs> logger)
{
    private const string KeyPrefix = "yogacoach:";

    public async Task<IResult> Create(JsonElement body, Caller caller, HttpContext http)
    {
        var (envelope, fault) = Envelope.Read(caller, http, body);
        if (envelope is null) return fault!;
        var (request, wrong) = JobRequest.Read(body);
        if (request is null) return wrong!;
        if (await engine.Node.Workflows.FindReference(caller.Tenant, request.Workflow, version: null) is not { } workflow) return JobRequest.UnknownVersion(request.Version);

        var origin = RequestOrigin.Of(caller, http);
        var spec = new JobSpec
        {
            Tenant = caller.Tenant,
            Workflow = workflow,
            Input = request.InputFor(envelope),
            IdempotencyKey = KeyOf(envelope.SessionId, request.Version),
            CorrelationId = origin.CorrelationId,
            TraceParent = origin.TraceParent,
        };
        return await engine.Gateway.Submit(spec, origin.By) switch
        {
            CommandReply.Done done => Answer(StatusCodes.Status202Accepted, done.State, JobAnswers.Queued),
            CommandReply.Duplicate duplicate => await Existing(duplicate.Existing, caller.Tenant),
            CommandReply.Accepted accepted => await Accepted(accepted.JobId, workflow, spec.IdempotencyKey),
            CommandReply.Refused refused => Refused(refused.Rejection),
            CommandReply.Unavailable unavailable => Failed(unavailable),
            _ => throw new UnreachableException(),
        };
    }

    public async Task<IResult> Status(string id, Caller caller, HttpContext http)
    {
        if (Envelope.TenantFault(caller, http) is { } foreign) return foreign;
        if (!JobId.TryParse(id, out var job) || await reader.Find(job, caller.Tenant) is not { } reading || !IsOurs(reading, http)) return Unknown(id);
        return new ContractAnswer<StatusAnswer>(StatusCodes.Status200OK, JobAnswers.Of(job, reading), YogacoachJson.Default.StatusAnswer);
    }

    private static string KeyOf(string session, string version) => $"{KeyPrefix}{session}:{version}";

    /// <summary>A caller that names a session sees that session's jobs only.</summary>
    private static bool IsOurs(JobReading reading, HttpContext http)
    {
        if (reading.State is not { } state) return true;
        if (state.Spec.IdempotencyKey?.StartsWith(KeyPrefix, StringComparison.Ordinal) != true) return false;
        return http.Request.Headers[Envelope.SessionHeader] is not [{ } session, ..] || state.Spec.Input?.GetProperty("session_id").GetString() == session;
    }

    /// <summary>Whatever the second request asks for: a session is analysed once by each version.</summary>
    private async Task<IResult> Existing(JobId id, string tenant)
    {
        if (await reader.Find(id, tenant) is not { State: { } state }) return Failed($"The job {id} of this session was deleted just now; send the request again.");
        return Answer(StatusCodes.Status200OK, state, JobAnswers.StatusOf(state));
    }

    /// <param name="word">A job that was just made is queued, in the contract's words, also if its first step has started already.</param>
    private ContractAnswer<JobAnswer> Answer(int status, JobState state, string word) => Answer(status, JobAnswers.Of(
        state.Id, word, forecaster.UntilEnd(state.Plan, state), state.EndedAt, engine.Gateway.Now, state.Spec.IdempotencyKey!));

    /// <summary>Another node of the cluster makes the job; it is durable.</summary>
    private async Task<IResult> Accepted(JobId id, WorkflowReference workflow, string key)
    {
        var plan = (await engine.Node.Workflows.Find(workflow.Hash))!.Plan;
        return Answer(StatusCodes.Status202Accepted, JobAnswers.Of(id, JobAnswers.Queued, forecaster.UntilEnd(plan, null), null, engine.Gateway.Now, key));
    }

    private static ContractAnswer<JobAnswer> Answer(int status, JobAnswer answer) => new(status, answer, YogacoachJson.Default.JobAnswer);

    private static ContractError Refused(Rejection rejection) => rejection.Code switch
    {
        QuotaShortage.Code when rejection.Quota is { } shortage => YogacoachQuota.Short(shortage),
        "payload-too-large" => ContractError.Of(
            StatusCodes.Status413PayloadTooLarge, rejection.Code, $"{rejection.Message} Send fewer frames a second, or coordinates with fewer digits: a detector is no better than half a pixel."),
        "invalid-input" => ContractError.Of(StatusCodes.Status422UnprocessableEntity, rejection.Code, rejection.Message),
        _ => new ContractError(Rejections.ToRefusal(rejection)),
    };

    private ContractError Failed(CommandReply.Unavailable reply)
    {
        LogNotCreated(reply.Cause);
        return new ContractError(Refusal.Unavailable(reply));
    }

    private ContractError Failed(string cause)
    {
        LogNotCreated(cause);
        return new ContractError(Refusal.Unavailable(cause));
    }

    private static ContractError Unknown(string id)
    {
        var shown = id.Length <= 80 ? id : string.Concat(id.AsSpan(0, 80), "…");
        return ContractError.Of(StatusCodes.Status404NotFound, "not-found", $"There is no job {shown}.", new JsonObject { ["job_id"] = shown });
    }

    [LoggerMessage(EventId = 5301, Level = LogLevel.Error, Message = "A job of yogacoach could not be made: {Cause}")]
    private partial void LogNotCreated(string cause);
}
