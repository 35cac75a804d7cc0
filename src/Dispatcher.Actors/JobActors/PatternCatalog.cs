using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Workflows;
using Dispatcher.Workflows.Patterns;

namespace Dispatcher.JobActors;

/// <summary>Patterns of the tenants, and the jobs that they make.</summary>
/// <param name="store">Null on a node whose store has no patterns: then there are none.</param>
public sealed class PatternCatalog(IScheduleStore? store, WorkflowCatalog workflows)
{
    /// <summary>Puts parameters into a pattern.</summary>
    /// <param name="version">The newest if null.</param>
    public async ValueTask<PatternJob> Use(string tenant, string id, int? version, JsonElement? parameters)
    {
        if (store is null || await store.FindPattern(tenant, id, version) is not { } found)
            return Refuse("unknown-pattern", $"There is no pattern {id}{(version is { } number ? $" version {number}" : "")}; register it first.");
        var (use, faults) = PatternUse.Of(found.Pattern, tenant, parameters);
        if (use is null) return Refuse("invalid-params", $"The parameters do not fit pattern {id} version {found.Pattern.Version}: {string.Join("; ", faults)}.") with { Faults = faults };
        if (use.Pinned is { } pinned) return new PatternJob(pinned, use, found.Pattern, null);
        if (await workflows.FindReference(tenant, use.Workflow!, use.WorkflowVersion) is { } reference) return new PatternJob(reference, use, found.Pattern, null);
        return Refuse("unknown-workflow", $"Pattern {id} makes a job of workflow {use.Workflow}{(use.WorkflowVersion is { } asked ? $" version {asked}" : "")}, which is not registered.");
    }

    private static PatternJob Refuse(string code, string message) => new(null, null, null, new Rejection(code, message));
}

/// <summary>What a pattern makes of parameters, or why it makes nothing.</summary>
public sealed record PatternJob(WorkflowReference? Workflow, PatternUse? Use, PatternDefinition? Pattern, Rejection? Refusal)
{
    /// <summary>What in the parameters does not fit, when that is the refusal.</summary>
    public IReadOnlyList<SchemaFault> Faults { get; init; } = [];

    /// <summary>The labels by which jobs of a pattern are found.</summary>
    public const string Label = "pattern";

    /// <summary>The job; only when nothing was refused.</summary>
    public JobSpec SpecFor(string tenant) => new()
    {
        Tenant = tenant,
        Workflow = Workflow!,
        Input = Use!.Input,
        Priority = Use.Priority,
        Labels = Labels,
    };

    public ImmutableSortedDictionary<string, string> Labels => Use!.Labels.SetItem(Label, Pattern!.Id);
}
