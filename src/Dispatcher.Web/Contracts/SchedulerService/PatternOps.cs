using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Requests;
using Dispatcher.Workflows.Patterns;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Web.Contracts.SchedulerService;

/// <summary>Patterns of Nexus: registered with steps of their own, or from a job, or over a registered workflow; and triggers from orchestrations.</summary>
internal sealed class PatternOps(JsonObject body, Caller caller, RequestOrigin origin, DispatcherEngine engine, SchedulerOps jobs)
{
    public async Task<JsonObject> Register()
    {
        var definition = body.Object("definition", "");
        var id = body.Filled("pattern_id", "") ?? definition.Filled("id", "definition") ?? throw OpsFault.Bad("pattern_id is required");
        var (version, text) = VersionOf(body["version"] ?? definition?["version"]);
        var pattern = await PatternOf(id, version, definition) with { Metadata = JsonElement.Parse(body.ToJsonString()) };
        if (PatternRules.FaultsOf(pattern) is { Count: > 0 } faults) throw OpsFault.Bad(string.Join("; ", faults));
        var registration = await engine.Schedules.Store.RegisterPattern(caller.Tenant, pattern, engine.Gateway.Now);
        if (registration == WorkflowRegistration.Different) throw new OpsFault(409, $"pattern {id} version {text} is registered otherwise, and a version never changes");
        return new JsonObject { ["pattern_id"] = id, ["version"] = text, ["success"] = true };
    }

    /// <summary>Runs a job, or a pattern, with an input. Two triggers with one key are one run.</summary>
    public async Task<JsonObject> Trigger(string? key)
    {
        var id = body.Filled("id", "") ?? body.Filled("job_id", "") ?? body.Filled("pattern_id", "") ?? body.Filled("job_or_pattern", "") ?? throw OpsFault.Bad("id is required: of a job or a pattern");
        key ??= body.Filled("orchestration_id", "");
        var input = body.Object("input", "");
        if (await engine.Schedules.Store.FindSchedule(caller.Tenant, id) is not null)
        {
            var schedule = await jobs.Find(id);
            JsonElement? given = input is null ? null : JobWorkflow.IsRunBy(schedule.Definition) ? JobWorkflow.InputOf(input) : JsonElement.Parse(input.ToJsonString());
            return await jobs.Made(await engine.Schedules.Run(caller.Tenant, id, key, given, origin.OfFiring) ?? throw OpsFault.UnknownJob(id), schedule);
        }

        var job = await engine.Node.Patterns.Use(caller.Tenant, id, null, input is null ? null : JsonElement.Parse(input.ToJsonString()));
        if (job.Refusal is { Code: "unknown-pattern" }) throw new OpsFault(404, $"job or pattern not found: {OpsFault.Short(id)}");
        if (job.Refusal is { } refusal) throw OpsFault.Of(refusal);
        var spec = job.SpecFor(caller.Tenant) with
        {
            IdempotencyKey = key is null ? null : FiringKeys.OfPattern(id, key),
            CorrelationId = origin.CorrelationId,
            TraceParent = origin.TraceParent,
        };
        return await jobs.Made(await engine.Gateway.Submit(spec, origin.By), schedule: null);
    }

    private async ValueTask<PatternDefinition> PatternOf(string id, int version, JsonObject? definition)
    {
        var pattern = new PatternDefinition { Id = id, Version = version, Description = definition.Text("description", "definition") };
        if (definition?["steps"] is not null) return pattern with { Pinned = await Pin(id, StepsOf(definition)) };
        if (definition.Filled("workflow", "definition") is { } workflow) return pattern with { Workflow = workflow };
        if ((body.Filled("job_id", "") ?? body.Object("job", "").Filled("id", "job")) is not { } job)
            throw OpsFault.Bad("definition.steps is required, or definition.workflow, or the job_id of a job that becomes a pattern");
        var schedule = await jobs.Find(job);
        if (!JobWorkflow.IsRunBy(schedule.Definition)) throw OpsFault.Bad($"what job {job} runs was not made with this service");
        return pattern with { Pinned = schedule.Definition.Target.Pinned, Input = JsonElement.Parse($$"""{"{{JobWorkflow.Argument}}":"${params}"}""") };
    }

    /// <summary>Steps of Nexus have no ids: others name them by their action, by type and action, or by their place.</summary>
    private static JsonArray StepsOf(JsonObject definition)
    {
        if (definition["steps"] is not JsonArray { Count: > 0 } given) throw OpsFault.Bad("definition.steps must be a list of at least one step");
        var steps = new List<(string Id, string Type, string Action, JsonObject Source)>();
        foreach (var node in given)
        {
            var path = $"definition.steps[{steps.Count}]";
            if (node is not JsonObject step) throw OpsFault.Bad($"{path} must be an object");
            var (type, action) = (step.Text("type", path) ?? "", step.Text("action", path) ?? "");
            if (action.Length == 0) throw OpsFault.Bad($"{path}.action is required");
            var id = IdOf(action);
            steps.Add((steps.Any(other => other.Id == id) ? $"{id}-{steps.Count}" : id, type, action, step));
        }

        return new JsonArray([.. steps.Select((step, index) => (JsonNode)new JsonObject
        {
            ["id"] = step.Id,
            ["uses"] = step.Type.Length == 0 ? step.Action : $"{step.Type}.{step.Action}",
            ["with"] = step.Source["parameters"]?.DeepClone(),
            ["needs"] = new JsonArray([.. step.Source.Texts("depends_ons", $"definition.steps[{index}]").Select(name => (JsonNode)Named(name, index))]),
        })]);

        string Named(string name, int index)
        {
            foreach (var step in steps)
            {
                if (name == step.Action || name == step.Id || name == $"{step.Type}.{step.Action}") return step.Id;
            }

            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var place) && place < steps.Count) return steps[place].Id;
            throw OpsFault.Bad($"definition.steps[{index}].depends_ons names '{OpsFault.Short(name)}', and there is no such step");
        }
    }

    private ValueTask<WorkflowReference> Pin(string id, JsonArray steps)
    {
        var name = IdOf(id);
        return JobWorkflow.Pin(new JsonObject { ["name"] = $"pattern-{name}"[..Math.Min(63, name.Length + 8)].TrimEnd('-'), ["version"] = 1, ["steps"] = steps }, "pattern", engine);
    }

    private static string IdOf(string text)
    {
        var id = new StringBuilder();
        foreach (var c in text.ToLowerInvariant()) id.Append(char.IsAsciiLetterOrDigit(c) ? c : '-');
        return char.IsAsciiLetter(id[0]) ? id.ToString() : $"s{id}";
    }

    /// <summary>Versions are whole numbers here: 1.2.3 is 1002003, and is shown as it was written.</summary>
    private static (int Number, string Text) VersionOf(JsonNode? node)
    {
        if (node is null) return (1, "1");
        var text = node is JsonValue value && value.GetValueKind() is JsonValueKind.String or JsonValueKind.Number ? node.ToString() : throw Wrong();
        var parts = text.TrimStart('v').Split('.');
        if (parts.Length > 3) throw Wrong();
        var numbers = parts.Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < 1000 ? number : throw Wrong()).ToList();
        var version = numbers.Count == 1 ? numbers[0] : (numbers[0] * 1_000_000) + (numbers[1] * 1000) + numbers.ElementAtOrDefault(2);
        return version > 0 ? (version, text) : throw Wrong();

        static OpsFault Wrong() => OpsFault.Bad("version must be a whole number from 1, or one such as 1.2.0, with parts below 1000");
    }
}
