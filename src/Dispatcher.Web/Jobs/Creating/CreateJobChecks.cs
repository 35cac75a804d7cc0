using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Web.Problems;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Web.Jobs.Creating;

/// <summary>What is wrong with a request for a job, as far as the request alone tells; every fault with its field.</summary>
internal static class CreateJobChecks
{
    /// <summary>In a batch: the job of an earlier item, by its index.</summary>
    public const char BatchReference = '#';

    /// <param name="request">The job that is asked for.</param>
    /// <param name="batchIndex">Its place in its batch; null for a job alone.</param>
    public static IReadOnlyList<RequestFault> Faults(CreateJobRequest request, int? batchIndex)
    {
        var faults = new Collector();
        Workflow(request, faults);
        if (request.Input is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Null) } input)
            faults.Add("input", $"must be an object, not {NameOf(input.ValueKind)}");
        if (request.Priority is < -JobLimits.PriorityMagnitude or > JobLimits.PriorityMagnitude)
            faults.Add("priority", $"is {request.Priority}; it must be from -{JobLimits.PriorityMagnitude} to {JobLimits.PriorityMagnitude}");
        if (request.IdempotencyKey is { } key && IdempotencyKey.Fault(key) is { } keyFault) faults.Add("idempotency_key", keyFault);
        if (request.CorrelationId is { } correlation && IdempotencyKey.Form(correlation) is { } correlationFault) faults.Add("correlation_id", correlationFault);
        if (request.Labels is { Count: > 0 } labels) Labels(labels, faults);
        if (request.DependsOn is { Count: > 0 } dependencies) Dependencies(dependencies, batchIndex, faults);
        if (request.Callback is { } callback) Callback(callback, faults);
        if (request.Parent is { } parent && !JobId.TryParse(parent, out _)) faults.Add("parent", $"'{Excerpt.Of(parent)}' is no job id");
        return faults.All;
    }

    /// <summary>The index that <c>#3</c> names; null for what is no such reference.</summary>
    public static int? ReferenceOf(string dependency) =>
        dependency.Length is > 1 and <= 5 && dependency[0] == BatchReference
        && int.TryParse(dependency.AsSpan(1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var index) ? index : null;

    private static void Workflow(CreateJobRequest request, Collector faults)
    {
        if (request.Workflow is null && request.Definition is null) faults.Add("workflow", "give the name of a registered workflow, or a definition");
        if (request.Workflow is not null && request.Definition is not null) faults.Add("definition", "give either a workflow or a definition, not both");
        if (request.Version is not null && request.Definition is not null) faults.Add("version", "goes with a workflow; a definition has its own");
        if (request.Version < 1) faults.Add("version", $"is {request.Version}; versions are counted from 1");
        if (request.Definition is { ValueKind: not JsonValueKind.Object } definition) faults.Add("definition", $"must be an object, not {NameOf(definition.ValueKind)}");
    }

    private static void Labels(IReadOnlyDictionary<string, string> labels, Collector faults)
    {
        if (labels.Count > JobLimits.Labels) faults.Add("labels", $"has {labels.Count} labels; at most {JobLimits.Labels} are allowed");
        foreach (var (name, value) in labels)
        {
            if (name.Length is 0 or > JobLimits.LabelCharacters || value.Length > JobLimits.LabelCharacters)
                faults.Add($"labels.{Excerpt.Of(name)}", $"has an empty name, or a name or value of more than {JobLimits.LabelCharacters} characters");
            else if (name.Contains('=', StringComparison.Ordinal)) faults.Add($"labels.{name}", "has a name with '=', by which it could not be found");
            else if (FiringLabels.IsOwn(name)) faults.Add($"labels.{name}", "is a label that schedules give their runs; choose another name");
        }
    }

    private static void Dependencies(IReadOnlyList<string> dependencies, int? batchIndex, Collector faults)
    {
        if (dependencies.Count > JobLimits.Dependencies) faults.Add("depends_on", $"names {dependencies.Count} jobs; at most {JobLimits.Dependencies} are allowed");
        for (var i = 0; i < dependencies.Count; i++)
        {
            var text = dependencies[i] ?? "";
            if (JobId.TryParse(text, out _)) continue;
            if (ReferenceOf(text) is not { } reference) faults.Add($"depends_on[{i}]", $"'{Excerpt.Of(text)}' is no job id");
            else if (batchIndex is null) faults.Add($"depends_on[{i}]", $"'{text}' names an item of a batch, and this is none");
            else if (reference >= batchIndex) faults.Add($"depends_on[{i}]", $"'{text}' must name an item before this one, which is {BatchReference}{batchIndex}");
        }
    }

    private static void Callback(CallbackRequest callback, Collector faults)
    {
        if (CallbackRules.Fault(callback.ToSpec()) is { } fault) faults.Add("callback", fault.TrimEnd('.'));
    }

    private static string NameOf(JsonValueKind kind) => kind is JsonValueKind.True or JsonValueKind.False ? "a boolean" : kind == JsonValueKind.Array ? "a list" : $"a {kind.ToString().ToLowerInvariant()}";

    /// <summary>Costs nothing while there is nothing to collect.</summary>
    private sealed class Collector
    {
        private List<RequestFault>? _faults;

        public IReadOnlyList<RequestFault> All => _faults ?? (IReadOnlyList<RequestFault>)[];

        public void Add(string path, string message) => (_faults ??= []).Add(new RequestFault(path, message));
    }
}
