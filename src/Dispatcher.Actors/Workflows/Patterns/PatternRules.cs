using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Workflows.Patterns;

/// <summary>What is wrong with a pattern: every fault with its field.</summary>
public static class PatternRules
{
    public static IReadOnlyList<SchemaFault> FaultsOf(PatternDefinition pattern)
    {
        var faults = new List<SchemaFault>();
        if (!ScheduleLimits.IsId(pattern.Id)) Add("id", $"'{Suggestion.Clip(pattern.Id)}' is no id: 1 to {ScheduleLimits.IdCharacters} letters, digits, dots, dashes, underscores and colons", faults);
        if (pattern.Version < 1) Add("version", $"is {pattern.Version}; versions are counted from 1", faults);
        if (pattern.Description?.Length > ScheduleLimits.DescriptionCharacters) Add("description", $"has more than {ScheduleLimits.DescriptionCharacters} characters", faults);
        if (pattern.Workflow is null == pattern.Pinned is null) Add("workflow", "give either a workflow or a definition", faults);
        if (pattern is { WorkflowVersion: not null, Workflow: null }) Add("workflow_version", "goes with a workflow", faults);
        if (pattern.WorkflowVersion < 1) Add("workflow_version", $"is {pattern.WorkflowVersion}; versions are counted from 1", faults);
        if (pattern.Metadata is { } metadata && JsonSize.Of(metadata) > ScheduleLimits.MetadataBytes) Add("metadata", $"is over {ScheduleLimits.MetadataBytes} bytes", faults);
        Templates(pattern, Schema(pattern, faults), faults);
        return faults;
    }

    private static JsonSchema? Schema(PatternDefinition pattern, List<SchemaFault> faults)
    {
        if (pattern.Params is not { } json) return null;
        try
        {
            return JsonSchema.Parse(json);
        }
        catch (JsonSchemaException exception)
        {
            faults.AddRange(exception.Faults.Select(fault => new SchemaFault(fault.Path.Length == 0 ? "params" : $"params.{fault.Path}", fault.Message)));
            return null;
        }
    }

    private static void Templates(PatternDefinition pattern, JsonSchema? schema, List<SchemaFault> faults)
    {
        if (pattern.Workflow is { } workflow) PlainTemplates.Check(JsonValues.Text(workflow), "workflow", PathRoot.Params, schema, faults);
        if (pattern.Input is { ValueKind: not (JsonValueKind.Object or JsonValueKind.String) }) Add("input", "must be an object, or one expression that gives one", faults);
        else if (pattern.Input is { } input) PlainTemplates.Check(input, "input", PathRoot.Params, schema, faults);
        if (pattern.Priority is { ValueKind: not (JsonValueKind.Number or JsonValueKind.String) }) Add("priority", "must be a number, or one expression that gives one", faults);
        else if (pattern.Priority is { } priority) PlainTemplates.Check(priority, "priority", PathRoot.Params, schema, faults);
        if (pattern.Labels is not { } labels) return;
        if (labels.ValueKind != JsonValueKind.Object || labels.EnumerateObject().Any(label => label.Value.ValueKind != JsonValueKind.String))
            Add("labels", "must be an object whose values are texts", faults);
        else if (labels.EnumerateObject().Count() > JobLimits.Labels - FiringLabels.Limit) Add("labels", $"has more than {JobLimits.Labels - FiringLabels.Limit} labels", faults);
        else if (labels.EnumerateObject().FirstOrDefault(label => FiringLabels.IsOwn(label.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } own)
            Add($"labels.{own.Name}", "is a label that schedules give their runs; choose another name", faults);
        else PlainTemplates.Check(labels, "labels", PathRoot.Params, schema, faults);
    }

    private static void Add(string path, string message, List<SchemaFault> faults) => faults.Add(new SchemaFault(path, message));
}
