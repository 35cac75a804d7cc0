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
        // First of all, as the contract has it: a job that is there is answered, whatever has become of its version, the quota, or the body.
        if (JobRequest.VersionOf(body) is { } version && await FindExisting(envelope.SessionId, version, caller.Tenant) is { } existing) return existing;
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
        var session = http.Request.Headers[Envelope.SessionHeader] is [{ } named, ..] ? named : null;
        if (!JobId.TryParse(id, out var job) || await reader.Find(job, caller.Tenant) is not { } reading || !await IsOurs(job, reading, session, caller.Tenant)) return Unknown(id);
        if (reading.State is not { } state) return new ContractError(ParkedJob.Refuse(reading));
        return new ContractAnswer<StatusAnswer>(
            StatusCodes.Status200OK, JobAnswers.Of(job, state, reading.View().Progress, await reader.WhyParked(reading, job, caller.Tenant)), YogacoachJson.Default.StatusAnswer);
    }

    private static string KeyOf(string session, string version) => $"{KeyPrefix}{session}:{version}";

    /// <summary>A job that was made by the contract, and in that session if one is named. Of a job whose journal cannot be read the row knows the workflow and the key.</summary>
    private async ValueTask<bool> IsOurs(JobId id, JobReading reading, string? session, string tenant)
    {
        if (PipelineVersion.Of(reading.View().Workflow.Name) is not { } version) return false;
        if (reading.State is { Spec.IdempotencyKey: var key })
            return key is not null && (session is null ? key.StartsWith(KeyPrefix, StringComparison.Ordinal) && key.EndsWith($":{version}", StringComparison.Ordinal) : key == KeyOf(session, version));
        return session is null || await reader.FindByKey(KeyOf(session, version), tenant) == id;
    }

    /// <summary>Only of a version as versions are written: another text could make the key of another session.</summary>
    private async ValueTask<IResult?> FindExisting(string session, string version, string tenant)
    {
        if (PipelineVersion.WorkflowOf(version) is null) return null;
        return await reader.FindByKey(KeyOf(session, version), tenant) is { } id && await reader.Find(id, tenant) is { } reading ? Existing(reading) : null;
    }

    /// <summary>Whatever the second request asks for: a session is analysed once by each version.</summary>
    private async Task<IResult> Existing(JobId id, string tenant) =>
        await reader.Find(id, tenant) is { } reading ? Existing(reading) : Failed($"The job {id} of this session was deleted just now; send the request again.");

    /// <summary>The quota of one that cannot be read stays held.</summary>
    private IResult Existing(JobReading reading) =>
        reading.State is { } state ? Answer(StatusCodes.Status200OK, state, JobAnswers.StatusOf(state)) : new ContractError(ParkedJob.Refuse(reading));

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
        var shown = Excerpt.Of(id);
        return ContractError.Of(StatusCodes.Status404NotFound, "not-found", $"There is no job {shown}.", new JsonObject { ["job_id"] = shown });
    }

    [LoggerMessage(EventId = 5301, Level = LogLevel.Error, Message = "A job of yogacoach could not be made: {Cause}")]
    private partial void LogNotCreated(string cause);
}
