using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Workflows;
using Dispatcher.Workflows.Patterns;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Coordination.Scheduling;

/// <summary>Makes of a firing the job that it asks for.</summary>
public sealed class ScheduleJobs(WorkflowCatalog workflows, PatternCatalog patterns)
{
    /// <summary>Who made the jobs, in their events.</summary>
    public static Principal Principal { get; } = Principal.Engine with { Origin = "schedule" };

    /// <summary>The name of a firing: the job's idempotency key, which makes it one job however often it is fired.</summary>
    public static string KeyOf(string schedule, DateTimeOffset due) => $"schedule:{schedule}:{FiringLabels.TextOf(due)}";

    /// <summary>What the job is; or why there is none.</summary>
    /// <param name="input">In place of the schedule's own input; null for that.</param>
    public async ValueTask<(JobSpec? Spec, Rejection? Refusal)> SpecFor(StoredSchedule schedule, Firing firing, string key, JsonElement? input = null)
    {
        var definition = schedule.Definition;
        var given = input;
        try
        {
            given ??= ScheduleInput.Of(schedule.Id, schedule.Tenant, definition, firing);
        }
        catch (ExpressionException exception)
        {
            return (null, new Rejection("invalid-input", $"The schedule's input has no value: {exception.Message}"));
        }

        var job = definition.Target.Pattern is { } pattern
            ? await patterns.Use(schedule.Tenant, pattern, definition.Target.PatternVersion, given)
            : null;
        if (job?.Refusal is { } refusal) return (null, refusal);
        var reference = job?.Workflow ?? definition.Target.Pinned ?? await workflows.FindReference(schedule.Tenant, definition.Target.Workflow!, definition.Target.Version);
        if (reference is null) return (null, new Rejection("unknown-workflow", $"The workflow {definition.Target.Workflow} is not registered."));
        var labels = (job?.Labels ?? ImmutableSortedDictionary<string, string>.Empty).SetItems(definition.Labels ?? ImmutableSortedDictionary<string, string>.Empty);
        return (new JobSpec
        {
            Tenant = schedule.Tenant,
            Workflow = reference,
            Input = job is null ? given : job.Use!.Input,
            Priority = definition.Priority != 0 ? definition.Priority : job?.Use!.Priority ?? 0,
            Labels = FiringLabels.Of(schedule.Id, firing, labels),
            IdempotencyKey = key,
            CorrelationId = FiringLabels.CorrelationOf(schedule.Id, firing.Due),
            Callback = definition.Callback,
        }, null);
    }
}
