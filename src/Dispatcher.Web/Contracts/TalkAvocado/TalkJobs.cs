using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Dispatcher.Workflows;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Contracts.TalkAvocado;

/// <summary>Translates the contract's requests into commands and readings, and back. Keeps nothing of its own.</summary>
internal sealed partial class TalkJobs(DispatcherEngine engine, JobReader reader, TalkManifests manifests, ILogger<TalkJobs> logger)
{
    public const string KeyHeader = "x-idempotency-key";
    private const string KeyPrefix = "talk-avocado:";

    /// <summary>Workflows whose waiting form is known.</summary>
    private const int HeldLimit = 1000;

    /// <summary>The document's skeleton, for tenants without a workflow of their own. Functions that nobody has bound do nothing.</summary>
    private const string Skeleton = """
        {
          "Comment": "TalkAvocado Pipeline (Phase 1 skeleton)",
          "StartAt": "MarkProcessing",
          "States": {
            "MarkProcessing": { "Type": "Task", "Resource": "media.mark-processing", "Next": "NoopOrSteps" },
            "NoopOrSteps": { "Type": "Pass", "Result": { "message": "stubbed in Phase 1" }, "Next": "MarkCompleted" },
            "MarkCompleted": { "Type": "Task", "Resource": "media.mark-completed", "End": true }
          }
        }
        """;

    private readonly ConcurrentDictionary<string, WorkflowReference> _held = new(StringComparer.Ordinal);
    private WorkflowDefinition? _skeleton;

    private TalkAvocadoOptions Options => engine.Options.TalkAvocado;

    public async ValueTask<(TalkJobCreated? Job, TalkError? Error)> Create(TalkRequest request, string? key, Caller caller, HttpContext http)
    {
        var id = engine.Gateway.NextJobId();
        var spec = SpecOf(request, key, id, await Workflow(request.TenantId), RequestOrigin.Of(caller, http));
        if (spec.IdempotencyKey is { } known && await reader.FindByKey(known, spec.Tenant) is { } first) return DuplicateOf(first, spec.Tenant);
        // First, so that neither a crash between the two nor a job that starts at once finds it missing.
        await manifests.Begin(spec, id);
        switch (await engine.Gateway.Submit(spec, caller.PrincipalFrom(http), id))
        {
            case CommandReply.Duplicate duplicate when duplicate.Existing != id:
                manifests.Forget(spec, id);
                return DuplicateOf(duplicate.Existing, spec.Tenant);
            // A submission that was repeated on its way finds the job that it made itself.
            case CommandReply.Done or CommandReply.Accepted or CommandReply.Duplicate:
                LogCreated(logger, id, request.TenantId, spec.CorrelationId!);
                return (CreatedOf(id, spec.Tenant), null);
            case CommandReply.Refused refused:
                manifests.Forget(spec, id);
                return (null, TalkError.Of(Rejections.ToRefusal(refused.Rejection)));
            case CommandReply.Unavailable unavailable:
                // The job may have been made all the same.
                return (null, TalkError.Of(Refusal.Unavailable(unavailable)));
            default:
                return (null, TalkError.InternalFault());
        }
    }

    public async ValueTask<(TalkJobView? Job, TalkError? Error)> Show(string jobId, string tenant, CancellationToken cancellation)
    {
        if (await Find(jobId, tenant) is not { } job) return (null, TalkError.NotFound());
        if (job.State is not { } state) return (null, TalkError.Of(ParkedJob.Refuse(job)));
        try
        {
            return (ViewOf(state, await manifests.Show(job, cancellation)), null);
        }
        catch (StepFailedException fault) when (fault.Failure.Class != ErrorClass.Transient)
        {
            // "Invalid manifest: ...", with all that is wrong with it.
            LogManifest(logger, state.Id, tenant, fault.Message);
            return (null, TalkError.InternalFault(fault.Message));
        }
    }

    /// <summary>Starts a job that waits; one that has started stays as it is.</summary>
    public async ValueTask<(TalkJobView? Job, TalkError? Error)> Start(string jobId, string tenant, Caller caller, HttpContext http)
    {
        if (await Find(jobId, tenant) is not { } job) return (null, TalkError.NotFound());
        if (job.State is not { } state) return (null, TalkError.Of(ParkedJob.Refuse(job)));
        // What is asked of people while a job runs is no start.
        if (state.Status != JobStatus.Pending && !state.Status.IsTerminal()) return await Show(jobId, tenant, http.RequestAborted);
        var order = new JobCommand.Approve(caller.PrincipalFrom(http), null, engine.Gateway.Now);
        switch (await engine.Gateway.Send(state.Id, order, new CommandGuard(tenant, state.SequenceNr)))
        {
            case CommandReply.Refused { Rejection.Code: "version-conflict" }:
                return await Show(jobId, tenant, http.RequestAborted);
            case CommandReply.Refused refused:
                return (null, TalkError.Of(Rejections.ToRefusal(refused.Rejection)));
            case CommandReply.Unavailable unavailable:
                return (null, TalkError.Of(Refusal.Unavailable(unavailable)));
            default:
                return await Show(jobId, tenant, http.RequestAborted);
        }
    }

    /// <summary>A job of this contract and this tenant; others do not exist here.</summary>
    private async ValueTask<JobReading?> Find(string jobId, string tenant) =>
        JobId.TryParse(jobId, out var id) && await reader.Find(id, tenant) is { } job && TalkManifests.Has(job) ? job : null;

    private (TalkJobCreated? Job, TalkError? Error) DuplicateOf(JobId first, string tenant) => (null, TalkError.DuplicateOf(first.ToString(), manifests.KeyOf(tenant, first)));

    private TalkJobCreated CreatedOf(JobId id, string tenant) => new(id.ToString(), "pending", engine.Options.Node.Environment, tenant, manifests.KeyOf(tenant, id));

    private TalkJobView ViewOf(JobState state, JsonObject manifest)
    {
        var renders = (manifest["renders"] as JsonArray)?.Select(render => render!["key"]!.GetValue<string>()).ToList();
        var artifacts = new TalkArtifacts
        {
            Audio = manifest["audio"]?["key"]?.GetValue<string>(),
            Transcript = manifest["transcript"]?["jsonKey"]?.GetValue<string>(),
            Plan = manifest["plan"]?["key"]?.GetValue<string>(),
            Renders = renders is { Count: > 0 } ? renders : null,
        };
        return new TalkJobView(state.Id.ToString(), state.Spec.Tenant, TalkManifests.StatusOf(state), artifacts, manifests.KeyOf(state.Spec.Tenant, state.Id), manifest["updatedAt"]!.GetValue<string>());
    }

    private JobSpec SpecOf(TalkRequest request, string? key, JobId id, WorkflowReference workflow, RequestOrigin origin)
    {
        var folder = engine.Artifacts.FolderOf(request.TenantId, id).Key;
        var input = new JsonObject
        {
            ["env"] = engine.Options.Node.Environment,
            ["tenantId"] = request.TenantId,
            [TalkManifests.JobProperty] = id.ToString(),
            ["correlationId"] = origin.CorrelationId,
        };
        if (request.Input is { } source)
        {
            input[TalkManifests.VideoProperty] = $"{folder}/input/{source.OriginalFilename}";
            var described = new JsonObject { ["originalFilename"] = source.OriginalFilename, ["bytes"] = source.Bytes, ["mimeType"] = source.MimeType };
            if (source.Checksum is not null) described["checksum"] = source.Checksum;
            if (source.UploadedAt is not null) described["uploadedAt"] = source.UploadedAt;
            input[TalkManifests.SourceProperty] = described;
        }

        return new JobSpec
        {
            Tenant = request.TenantId,
            Workflow = workflow,
            Input = System.Text.Json.JsonElement.Parse(input.ToJsonString()),
            IdempotencyKey = key is null ? null : KeyPrefix + key,
            CorrelationId = origin.CorrelationId,
            TraceParent = origin.TraceParent,
            Labels = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add(TalkManifests.LabelName, TalkManifests.LabelValue),
        };
    }

    private async ValueTask<WorkflowReference> Workflow(string tenant)
    {
        if (await engine.Node.Workflows.FindReference(tenant, Options.Workflow, null) is { } registered)
            return Options.StartOnCreate ? registered : await Held((await engine.Node.Workflows.Find(registered.Hash))!);
        var skeleton = _skeleton ??= OwnSkeleton();
        if (!Options.StartOnCreate) return await Held(skeleton);
        await engine.Node.Workflows.Pin(skeleton);
        return skeleton.Reference;
    }

    private WorkflowDefinition OwnSkeleton()
    {
        var text = Skeleton;
        foreach (var function in (string[])["media.mark-processing", "media.mark-completed"])
        {
            if (engine.Handlers.Find(function) is null) text = text.Replace(function, "noop", StringComparison.Ordinal);
        }

        return WorkflowDefinition.Parse(text, "skeleton", Options.Workflow, 1);
    }

    /// <summary>The same workflow, whose jobs wait until they are approved. It belongs to its jobs alone: it is pinned by its hash and in nobody's registry.</summary>
    private async ValueTask<WorkflowReference> Held(WorkflowDefinition workflow)
    {
        if (workflow.ApprovalRequired) return workflow.Reference;
        if (_held.TryGetValue(workflow.Hash, out var known)) return known;
        var definition = JsonNode.Parse(workflow.CanonicalJson)!;
        definition["approval"] = "required";
        var held = WorkflowDefinition.Parse(definition.ToJsonString(), workflow.Name);
        await engine.Node.Workflows.Pin(held);
        if (_held.Count >= HeldLimit) _held.Clear();
        return _held[workflow.Hash] = held.Reference;
    }

    [LoggerMessage(EventId = 4300, Level = LogLevel.Information, Message = "Job {job_id} of tenant {tenant_id} was made (correlation {correlation_id})")]
    private static partial void LogCreated(ILogger logger, JobId job_id, string tenant_id, string correlation_id);

    [LoggerMessage(EventId = 4301, Level = LogLevel.Error, Message = "The manifest of job {job_id} of tenant {tenant_id} cannot be used: {Cause}")]
    private static partial void LogManifest(ILogger logger, JobId job_id, string tenant_id, string cause);
}
