using System.Collections.Immutable;
using System.Diagnostics;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs.Commanding;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Jobs.Creating;

/// <summary>Makes the jobs of one request: checks what is asked for, gives it to the engine, and tells what came of it.</summary>
internal sealed class JobCreator(DispatcherEngine engine, JobReader reader, RequestOrigin origin)
{
    private readonly WorkflowLookup _workflows = new(engine, origin.Tenant);

    /// <summary>The specification of a job, but for dependencies on other items of its batch; or why there is none.</summary>
    public async ValueTask<(JobSpec? Spec, Refusal? Refusal)> Prepare(CreateJobRequest request, int? batchIndex = null)
    {
        if (CreateJobChecks.Faults(request, batchIndex) is { Count: > 0 } faults) return (null, Refusal.Of(faults));
        var choice = await _workflows.Find(request);
        return choice.Reference is { } reference ? (SpecOf(request, reference), null) : (null, choice.Refusal);
    }

    public Task<CommandReply> Submit(JobSpec spec) => engine.Gateway.Submit(spec, origin.By);

    public Task<CommandReply[]> SubmitAll(IReadOnlyList<JobSpec> specs) => engine.Gateway.SubmitAll(specs, origin.By);

    /// <summary>What the engine's reply means for who asked.</summary>
    public async ValueTask<Creation> Answer(CreateJobRequest request, JobSpec spec, CommandReply reply) => reply switch
    {
        CommandReply.Done done => new Creation(StatusCodes.Status201Created, JobReceipt.Of(done.State), null),
        CommandReply.Accepted accepted => new Creation(CommandReceipt.Of(accepted.JobId)),
        CommandReply.Duplicate duplicate => await Existing(request, spec, duplicate),
        CommandReply.Refused { Rejection.Code: "invalid-input" } => await InvalidInput(spec),
        CommandReply.Refused refused => new Creation(refused.Rejection),
        CommandReply.Unavailable unavailable => new Creation(Refusal.Unavailable(unavailable)),
        _ => throw new UnreachableException(),
    };

    private async ValueTask<Creation> Existing(CreateJobRequest request, JobSpec spec, CommandReply.Duplicate duplicate)
    {
        if (await reader.Find(duplicate.Existing, origin.Tenant) is not { } existing)
            return new Creation(Refusal.Unavailable($"The job {duplicate.Existing} of this idempotency key was deleted just now; give the request again."));
        if (duplicate.SameRequest || IsSameButForNewest(request, spec, existing.State))
            return new Creation(StatusCodes.Status200OK, JobReceipt.Of(existing.View()), null);
        return new Creation(IdempotencyKey.Conflict(spec.IdempotencyKey, duplicate, "job"));
    }

    /// <summary>A request without a version is the same request still when a newer version was registered since.</summary>
    private static bool IsSameButForNewest(CreateJobRequest request, JobSpec spec, JobState? existing)
    {
        if (existing is null || request.Workflow is null || request.Version is not null || existing.Spec.Workflow.Name != spec.Workflow.Name) return false;
        return (spec with { Workflow = existing.Spec.Workflow }).Fingerprint() == existing.Spec.Fingerprint();
    }

    /// <summary>The engine has found the input not to fit; only now it is worth while to tell each fault.</summary>
    private async ValueTask<Creation> InvalidInput(JobSpec spec)
    {
        var workflow = await engine.Node.Workflows.Find(spec.Workflow.Hash);
        var faults = workflow!.ValidateInput(spec.Input).Select(fault => new RequestFault(fault.Path.Length == 0 ? "input" : $"input.{fault.Path}", fault.Message));
        return new Creation(Refusal.Of([.. faults], StatusCodes.Status422UnprocessableEntity, "invalid-input"));
    }

    private JobSpec SpecOf(CreateJobRequest request, WorkflowReference workflow) => new()
    {
        Tenant = origin.Tenant,
        Workflow = workflow,
        Input = request.Input,
        Priority = request.Priority ?? 0,
        Labels = request.Labels?.ToImmutableSortedDictionary(StringComparer.Ordinal),
        IdempotencyKey = request.IdempotencyKey,
        CorrelationId = request.CorrelationId ?? origin.CorrelationId,
        StartAt = request.StartAt?.Value,
        DependsOn = request.DependsOn is { Count: > 0 } dependencies ? DependenciesOf(dependencies) : null,
        OnDependencyFailure = request.OnDependencyFailure,
        Callback = request.Callback?.ToSpec(),
        Parent = request.Parent is { } parent ? new ParentReference(JobId.Parse(parent)) : null,
        TraceParent = origin.TraceParent,
    };

    private static ImmutableArray<JobId> DependenciesOf(IReadOnlyList<string> dependencies) =>
        [.. dependencies.Where(text => CreateJobChecks.ReferenceOf(text) is null).Select(JobId.Parse).Distinct()];
}

/// <summary>What came of a request for a job.</summary>
/// <param name="Status">201 for a new job, 200 for the one that the same request made before, 202 for one that another node will make, else the refusal's.</param>
internal sealed record Creation(int Status, JobReceipt? Job, Refusal? Refusal, CommandReceipt? Accepted = null)
{
    public Creation(CommandReceipt accepted) : this(StatusCodes.Status202Accepted, null, null, accepted)
    {
    }

    public Creation(Refusal refusal) : this(refusal.Status, null, refusal)
    {
    }

    public Creation(Rejection rejection) : this(Rejections.ToRefusal(rejection))
    {
    }
}
