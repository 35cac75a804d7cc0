using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Workflows;
using Dispatcher.Workflows.Patterns;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Coordination.Scheduling;

/// <summary>Makes the jobs that firings ask for.</summary>
public sealed class ScheduleJobs(WorkflowCatalog workflows, PatternCatalog patterns, IJobStore jobs, JobGateway gateway)
{
    /// <summary>Who made the jobs, in their events.</summary>
    public static Principal Principal { get; } = Principal.Engine with { Origin = "schedule" };

    /// <summary>Makes the run, or finds it if it was made before.</summary>
    /// <param name="key">The run's name: <see cref="FiringKeys"/>.</param>
    /// <param name="input">In place of the schedule's own input; null for that.</param>
    /// <param name="after">The run waits for this one's end.</param>
    /// <param name="origin">Whose run it is; null for one that the schedule makes by itself.</param>
    public async Task<CommandReply> Fire(StoredSchedule schedule, Firing firing, string key, JsonElement? input = null, JobId? after = null, FiringOrigin? origin = null)
    {
        var (spec, refusal, _) = await SpecFor(schedule, firing, key, input);
        if (refusal is not null) return new CommandReply.Refused(refusal);
        if (after is { } run) spec = spec! with { DependsOn = [run], OnDependencyFailure = DependencyPolicy.Run };
        if (origin is not null) spec = spec! with { CorrelationId = origin.CorrelationId ?? spec.CorrelationId, TraceParent = origin.TraceParent };
        var reply = await gateway.Submit(spec!, origin?.By ?? Principal);
        // Keys of schedules are refused from callers; whatever else has one, it is not taken for the run.
        if (reply is CommandReply.Duplicate duplicate && await jobs.FindJob(duplicate.Existing) is { } row && !ScheduleRuns.IsRunOf(row, schedule.Id))
            return new CommandReply.Refused(new Rejection("idempotency-conflict", $"The run's key {key} belongs to job {row.Id}, which is no run of the schedule."));
        return reply;
    }

    /// <summary>Why the schedule could make no run now, with the places in its own input that do not fit; null if it could, as far as the workflow or pattern of now tells.</summary>
    public async ValueTask<(Rejection? Refusal, IReadOnlyList<SchemaFault> Faults)> Check(StoredSchedule schedule, DateTimeOffset now)
    {
        var (spec, refusal, faults) = await SpecFor(schedule, new Firing(now, FiringCause.Time), key: "", given: null);
        if (refusal is not null) return (refusal, faults);
        if (await workflows.Find(spec!.Workflow.Hash) is not { } workflow) return (null, []);
        var unfit = workflow.ValidateInput(spec.Input);
        if (unfit.Count > 0 && schedule.Definition.Target.Pattern is { } pattern)
            return (new Rejection("invalid-params", $"What pattern {pattern} makes of the parameters does not fit workflow {workflow.Name}: {string.Join("; ", unfit)}."), []);
        if (unfit.Count == 0) return (null, []);
        return (JobGateway.InvalidInput(workflow, unfit), [.. unfit.Select(fault => fault with { Path = fault.Path.Length == 0 ? "input" : $"input.{fault.Path}" })]);
    }

    /// <summary>What the job is; or why there is none, with the places in the input that are to blame.</summary>
    private async ValueTask<(JobSpec? Spec, Rejection? Refusal, IReadOnlyList<SchemaFault> Faults)> SpecFor(StoredSchedule schedule, Firing firing, string key, JsonElement? given)
    {
        var definition = schedule.Definition;
        try
        {
            given ??= ScheduleInput.Of(schedule.Id, schedule.Tenant, definition, firing);
        }
        catch (ExpressionException exception)
        {
            var fault = new SchemaFault(exception.Field, $"column {exception.Column}: {exception.Reason}");
            return (null, new Rejection("invalid-input", $"The schedule's input has no value: {fault}"), [fault]);
        }

        var job = definition.Target.Pattern is { } pattern
            ? await patterns.Use(schedule.Tenant, pattern, definition.Target.PatternVersion, given)
            : null;
        if (job?.Refusal is { } refusal) return (null, refusal, job.Faults);
        var reference = job?.Workflow ?? definition.Target.Pinned ?? await workflows.FindReference(schedule.Tenant, definition.Target.Workflow!, definition.Target.Version);
        if (reference is null) return (null, new Rejection("unknown-workflow", $"The workflow {definition.Target.Workflow} is not registered."), []);
        var labels = (job?.Labels ?? ImmutableSortedDictionary<string, string>.Empty).SetItems(definition.Labels ?? ImmutableSortedDictionary<string, string>.Empty);
        return (new JobSpec
        {
            Tenant = schedule.Tenant,
            Workflow = reference,
            Input = job is null ? given : job.Use!.Input,
            Priority = definition.Priority != 0 ? definition.Priority : job?.Use!.Priority ?? 0,
            Labels = FiringLabels.Of(schedule.Id, firing, labels),
            IdempotencyKey = key,
            CorrelationId = FiringKeys.OfDue(schedule.Id, firing.Due),
            Callback = definition.Callback,
        }, null, []);
    }
}

/// <summary>Who asks for a run, and what it belongs to.</summary>
/// <param name="TraceParent">The W3C trace context of the request, if it has one.</param>
public sealed record FiringOrigin(Principal By, string? CorrelationId = null, string? TraceParent = null);
