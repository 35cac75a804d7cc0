using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Workflows;
using Dispatcher.Workflows;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Jobs.Creating;

/// <summary>The workflows that one request names; each is looked up once, also one that is not there.</summary>
internal sealed class WorkflowLookup(DispatcherEngine engine, string tenant)
{
    private ((string Name, int? Version) Key, WorkflowChoice Choice)? _last;
    private Dictionary<(string Name, int? Version), WorkflowChoice>? _byName;

    public async ValueTask<WorkflowChoice> Find(CreateJobRequest request)
    {
        if (request.Definition is { } definition) return await OfDefinition(definition);
        var key = (Name: request.Workflow!, request.Version);
        if (_last is { } last && last.Key == key) return last.Choice;
        if (_byName is null || !_byName.TryGetValue(key, out var choice)) choice = await OfName(key.Name, key.Version);
        // Most requests name one workflow, whether they make one job or a thousand.
        if (_last is { } other) (_byName ??= [])[other.Key] = other.Choice;
        _last = (key, choice);
        return choice;
    }

    private async ValueTask<WorkflowChoice> OfName(string name, int? version)
    {
        if (await engine.Node.Workflows.FindReference(tenant, name, version) is { } reference) return new WorkflowChoice(reference, null);
        return new WorkflowChoice(null, await UnknownWorkflow.Refuse(engine, tenant, name, version));
    }

    /// <summary>Belongs to this job alone: stored by its hash, and in nobody's registry.</summary>
    private async ValueTask<WorkflowChoice> OfDefinition(JsonElement json)
    {
        try
        {
            var definition = DefinitionReader.Read(json.GetRawText(), "definition", engine.Handlers);
            await engine.Node.Workflows.Pin(definition);
            return new WorkflowChoice(definition.Reference, null);
        }
        catch (WorkflowDefinitionException exception)
        {
            // Lines are of no use here: the text is a part of a request.
            var faults = exception.Faults.Select(fault => new RequestFault(fault.Path.Length == 0 ? "definition" : $"definition.{fault.Path}", fault.Message, Code: fault.Code));
            return new WorkflowChoice(null, Refusal.Of([.. faults], StatusCodes.Status422UnprocessableEntity, "invalid-definition"));
        }
    }
}

/// <summary>What a job will pin, or why it cannot.</summary>
internal readonly record struct WorkflowChoice(WorkflowReference? Reference, Refusal? Refusal);
