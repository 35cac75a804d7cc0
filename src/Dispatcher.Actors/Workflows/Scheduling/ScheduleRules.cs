using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Workflows.Patterns;

namespace Dispatcher.Workflows.Scheduling;

/// <summary>What is wrong with a schedule, as far as it can be told from itself: every fault with its field.</summary>
public static class ScheduleRules
{
    public static IReadOnlyList<SchemaFault> FaultsOf(ScheduleDefinition definition)
    {
        var faults = new List<SchemaFault>();
        Texts(definition, faults);
        Times(definition, faults);
        Target(definition.Target, faults);
        Dependencies(definition, faults);
        Cancels(definition, faults);
        Job(definition, faults);
        return faults;
    }

    private static void Texts(ScheduleDefinition definition, List<SchemaFault> faults)
    {
        if (definition.Name.Length is 0 or > ScheduleLimits.NameCharacters || definition.Name.Any(char.IsControl))
            Add("name", $"must have 1 to {ScheduleLimits.NameCharacters} characters, none of them a control character", faults);
        if (definition.Description?.Length > ScheduleLimits.DescriptionCharacters)
            Add("description", $"has {definition.Description.Length} characters; at most {ScheduleLimits.DescriptionCharacters} are allowed", faults);
        if (definition.Metadata is { } metadata && JsonSize.Of(metadata) > ScheduleLimits.MetadataBytes)
            Add("metadata", $"is over {ScheduleLimits.MetadataBytes} bytes", faults);
        if (definition.Original is { } original && JsonSize.Of(original) > ScheduleLimits.MetadataBytes)
            Add("", $"the whole is over {ScheduleLimits.MetadataBytes} bytes", faults);
    }

    private static void Times(ScheduleDefinition definition, List<SchemaFault> faults)
    {
        if (definition is { Cron: not null, At: not null }) Add("at", "give either cron or at, not both", faults);
        if (definition.Cron is { } cron && FaultOfCron(cron) is { } fault) Add("cron", fault, faults);
        if (ScheduleZone.Find(definition.TimeZone) is null) Add("timezone", ScheduleZone.FaultOf(definition.TimeZone), faults);
        if (definition.EndAt <= definition.StartAt) Add("end_at", "must be after start_at", faults);
        if (definition.Jitter < TimeSpan.Zero || definition.Jitter > ScheduleLimits.Jitter) Add("jitter", $"must be from 0 to {Duration.Format(ScheduleLimits.Jitter)}", faults);
        Kept(definition.ArchiveAfter, "archive_after", faults);
        Kept(definition.DeleteAfter, "delete_after", faults);
    }

    private static void Kept(TimeSpan? after, string path, List<SchemaFault> faults)
    {
        if (after < TimeSpan.Zero || after > ScheduleLimits.Keeping) Add(path, $"must be from 0 to {Duration.Format(ScheduleLimits.Keeping)}", faults);
    }

    private static string? FaultOfCron(string text)
    {
        try
        {
            CronExpression.Parse(text);
            return null;
        }
        catch (CronException exception)
        {
            return exception.Message;
        }
    }

    private static void Target(ScheduleTarget target, List<SchemaFault> faults)
    {
        var kinds = (target.Workflow is null ? 0 : 1) + (target.Pattern is null ? 0 : 1) + (target.Pinned is null ? 0 : 1);
        if (kinds != 1) Add("workflow", "give one of workflow, pattern and definition: what each firing makes a job of", faults);
        if (target.Version is not null && target.Workflow is null) Add("version", "goes with a workflow", faults);
        if (target.PatternVersion is not null && target.Pattern is null) Add("pattern_version", "goes with a pattern", faults);
        if (target.Version < 1) Add("version", $"is {target.Version}; versions are counted from 1", faults);
        if (target.PatternVersion < 1) Add("pattern_version", $"is {target.PatternVersion}; versions are counted from 1", faults);
        if (target.Pattern is { } pattern && !ScheduleLimits.IsId(pattern)) Add("pattern", FaultOfId(pattern), faults);
    }

    private static void Dependencies(ScheduleDefinition definition, List<SchemaFault> faults)
    {
        if (definition.DependsOn.Length > ScheduleLimits.Dependencies)
            Add("depends_on", $"names {definition.DependsOn.Length} schedules; at most {ScheduleLimits.Dependencies} are allowed", faults);
        for (var i = 0; i < definition.DependsOn.Length; i++)
        {
            if (!ScheduleLimits.IsId(definition.DependsOn[i])) Add($"depends_on[{i}]", FaultOfId(definition.DependsOn[i]), faults);
        }
    }

    private static void Cancels(ScheduleDefinition definition, List<SchemaFault> faults)
    {
        if (definition.CancelOn.IsEmpty) return;
        if (definition.At is null) Add("cancel_on", "goes with at: only a schedule that fires once ends with an event", faults);
        if (definition.CancelOn.Length > ScheduleLimits.Cancels) Add("cancel_on", $"names {definition.CancelOn.Length} events; at most {ScheduleLimits.Cancels} are allowed", faults);
        for (var i = 0; i < definition.CancelOn.Length; i++)
        {
            var (kind, schedule) = definition.CancelOn[i];
            if (!Enum.IsDefined(kind)) Add($"cancel_on[{i}].event", "is no event", faults);
            if (schedule is not null && !ScheduleLimits.IsId(schedule)) Add($"cancel_on[{i}].schedule", FaultOfId(schedule), faults);
            else if (schedule is not null && kind == ScheduleEventKind.Created) Add($"cancel_on[{i}]", $"cannot happen: the schedule {schedule} has to be there already; leave the schedule out, or name another event", faults);
        }
    }

    private static void Job(ScheduleDefinition definition, List<SchemaFault> faults)
    {
        if (Math.Abs((long)definition.Priority) > JobLimits.PriorityMagnitude) Add("priority", $"is {definition.Priority}; it must be from -{JobLimits.PriorityMagnitude} to {JobLimits.PriorityMagnitude}", faults);
        // The others are the schedule's own: its id, the due time and the cause.
        if (definition.Labels?.Count > JobLimits.Labels - FiringLabels.Limit) Add("labels", $"has {definition.Labels.Count} labels; at most {JobLimits.Labels - FiringLabels.Limit} are allowed", faults);
        foreach (var (name, value) in definition.Labels ?? ImmutableSortedDictionary<string, string>.Empty)
        {
            if (name.Length is 0 or > JobLimits.LabelCharacters || value.Length > JobLimits.LabelCharacters || name.Contains('=', StringComparison.Ordinal))
                Add($"labels.{Suggestion.Clip(name)}", $"has an empty name, one with '=', or a name or value of more than {JobLimits.LabelCharacters} characters", faults);
            else if (FiringLabels.IsOwn(name)) Add($"labels.{name}", "is a label that the schedule gives itself; choose another name", faults);
        }

        if (definition.Callback is { } callback && CallbackRules.Fault(callback) is { } fault) Add("callback", fault.TrimEnd('.'), faults);
        if (definition.Input is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Null) }) Add("input", "must be an object", faults);
        else if (definition.Input is { } large && JsonSize.Of(large) > JobLimits.PayloadBytes) Add("input", $"is over {JobLimits.PayloadBytes} bytes", faults);
        else if (definition.Input is { } input) PlainTemplates.Check(input, "input", PathRoot.Schedule, schema: null, faults);
    }

    private static string FaultOfId(string id) =>
        $"'{Suggestion.Clip(id)}' is no id: 1 to {ScheduleLimits.IdCharacters} letters, digits, dots, dashes, underscores and colons, the first a letter or digit";

    private static void Add(string path, string message, List<SchemaFault> faults) => faults.Add(new SchemaFault(path, message));
}
