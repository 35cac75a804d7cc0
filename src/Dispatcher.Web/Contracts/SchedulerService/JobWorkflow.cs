using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Workflows;
using Dispatcher.Workflows;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Web.Contracts.SchedulerService;

/// <summary>
/// What a job of the contract runs: one step with the job's retry policy. It runs the pattern of <c>pattern_id</c>; or the workflow that a payload of
/// <c>{"workflow": ..., "input": ...}</c> names; or the handler <c>scheduler.custom</c>, <c>scheduler.notify</c> and so on, if this server has it; or nothing, so that
/// the job is a time to which others listen.
/// </summary>
internal sealed record JobWorkflow(WorkflowReference Reference, JsonElement Input)
{
    /// <summary>The member of the runs' input that the step gets: what a trigger replaces.</summary>
    public const string Argument = "argument";

    private const string NamePrefix = "scheduler-";

    /// <summary>Whether the schedule runs what this contract made of a job, so that its input is an argument.</summary>
    public static bool IsRunBy(ScheduleDefinition definition) => definition is { Original: not null, Target.Pinned: { } pinned } && pinned.Name.StartsWith(NamePrefix, StringComparison.Ordinal);

    /// <exception cref="OpsFault">The job names what is not there, or its retry policy is none.</exception>
    public static async ValueTask<JobWorkflow> Of(JobTranslation job, string tenant, DispatcherEngine engine)
    {
        var payload = Parse(job.Payload);
        var step = new JsonObject { ["id"] = "run", ["retry"] = job.Retry() };
        JsonNode? argument = job.Payload;
        if (job.PatternId is { } pattern)
        {
            if (await engine.Schedules.Store.FindPattern(tenant, pattern, null) is null) throw OpsFault.Bad($"pattern not found: {OpsFault.Short(pattern)}; register it first");
            Use(step, new JsonObject { ["pattern"] = pattern, ["params"] = $"${{input.{Argument}}}" });
            argument = payload ?? (job.Payload.Length > 0 ? new JsonObject { ["payload"] = job.Payload } : new JsonObject());
        }
        else if (payload.Text("workflow", "payload") is { } workflow)
        {
            if (await engine.Node.Workflows.FindReference(tenant, workflow, null) is null) throw OpsFault.Bad($"workflow not found: {OpsFault.Short(workflow)}; register it first");
            Use(step, new JsonObject { ["workflow"] = workflow, ["input"] = $"${{input.{Argument}}}" });
            argument = payload!["input"]?.DeepClone() ?? new JsonObject();
        }
        else
        {
            var handler = $"scheduler.{job.JobType.ToLowerInvariant()}";
            step["uses"] = engine.Handlers.Find(handler) is null ? "noop" : handler;
            step["with"] = new JsonObject { ["payload"] = $"${{input.{Argument}}}" };
        }

        var json = new JsonObject { ["name"] = $"{NamePrefix}{job.JobType.ToLowerInvariant()}", ["version"] = 1, ["steps"] = new JsonArray(step), ["output"] = "${steps.run.output}" };
        return new JobWorkflow(await Pin(json, "job", engine), InputOf(Escape(argument)));
    }

    /// <summary>The input of a run whose argument somebody gives.</summary>
    public static JsonElement InputOf(JsonNode? argument) => JsonElement.Parse(new JsonObject { [Argument] = argument?.DeepClone() }.ToJsonString());

    private static void Use(JsonObject step, JsonObject with)
    {
        // A run of the job that failed is tried again as the job's policy says.
        with["child_failure"] = "transient";
        (step["uses"], step["with"]) = ("workflow.run", with);
    }

    /// <summary>Stores a definition that stands in nobody's registry.</summary>
    /// <exception cref="OpsFault">It is none.</exception>
    public static async ValueTask<WorkflowReference> Pin(JsonObject json, string source, DispatcherEngine engine)
    {
        try
        {
            var definition = DefinitionReader.Read(json.ToJsonString(), source, engine.Handlers);
            await engine.Node.Workflows.Pin(definition);
            return definition.Reference;
        }
        catch (WorkflowDefinitionException exception)
        {
            throw OpsFault.Bad($"the {source} is wrong: {string.Join("; ", exception.Faults.Select(fault => fault.Message))}");
        }
    }

    private static JsonObject? Parse(string payload)
    {
        if (!payload.AsSpan().TrimStart().StartsWith("{")) return null;
        try
        {
            return JsonNode.Parse(payload, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject;
        }
        catch (JsonException)
        {
            // Any text may be a payload.
            return null;
        }
    }

    /// <summary>The owner's texts are texts, but for what names the firing: <c>${schedule.date}</c>.</summary>
    private static JsonNode? Escape(JsonNode? node) => node switch
    {
        JsonObject value => new JsonObject(value.Select(member => KeyValuePair.Create(member.Key, Escape(member.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Escape)]),
        JsonValue value when value.GetValueKind() == JsonValueKind.String =>
            value.GetValue<string>().Replace("${", "$${", StringComparison.Ordinal).Replace("$${schedule.", "${schedule.", StringComparison.Ordinal),
        _ => node?.DeepClone(),
    };
}
