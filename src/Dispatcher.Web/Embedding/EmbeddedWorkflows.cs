using Dispatcher.Steps;
using Dispatcher.Steps.Handlers;
using Dispatcher.Store;
using Dispatcher.Web.Hosting;
using Dispatcher.Workflows;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Embedding;

/// <summary>What the application brings along: the handlers of its steps, and its workflows.</summary>
internal sealed class EmbeddedWorkflows
{
    private readonly IReadOnlyList<WorkflowDefinition> _workflows;

    /// <exception cref="ArgumentException">Two handlers have one name, or a name is not allowed.</exception>
    /// <exception cref="CapabilityException">A capability is bound to nothing.</exception>
    public EmbeddedWorkflows(DispatcherOptions options, IServiceProvider services)
    {
        _workflows = [.. options.Workflows, .. services.GetServices<EmbeddedWorkflow>().Select(added => added.Definition)];
        Handlers = new HandlerRegistry(
        [
            .. options.Handlers,
            .. services.GetServices<EmbeddedHandler>().Select(added => added.Make(services)),
            .. _workflows.SelectMany(workflow => workflow.Attachments.Values).OfType<IStepHandler>(),
        ], options.Capabilities.AsReadOnly());
    }

    public HandlerRegistry Handlers { get; }

    /// <summary>Registers the workflows for the tenant <c>default</c>.</summary>
    /// <exception cref="WorkflowDefinitionException">A workflow uses a handler that nobody added; all of them are named.</exception>
    /// <exception cref="InvalidOperationException">A version was registered before with another definition.</exception>
    public async Task Register(DispatcherNode node)
    {
        foreach (var workflow in _workflows)
        {
            if (workflow.CheckHandlers(Handlers.Describe, Handlers.Names) is { Count: > 0 } faults)
                throw new WorkflowDefinitionException($"{workflow.Name} version {workflow.Version}", faults);
            if (await node.Workflows.Register(workflow) != WorkflowRegistration.Different) continue;
            throw new InvalidOperationException(
                $"The workflow {workflow.Name} version {workflow.Version} is in the store with another definition, and a version never changes, since jobs run by it. " +
                $"Give the new definition version {workflow.Version + 1}, or start with an empty data directory.");
        }
    }
}
