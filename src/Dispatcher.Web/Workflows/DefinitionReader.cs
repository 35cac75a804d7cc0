using Dispatcher.Steps.Handlers;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Workflows;

/// <summary>Reads definitions that callers give, checked against the handlers of this server.</summary>
internal static class DefinitionReader
{
    /// <summary>Handlers that begin so belong to Dispatcher's own workflows; nobody else's may use them.</summary>
    public const string OwnHandlers = "dispatcher.";

    /// <exception cref="WorkflowDefinitionException">Lists every fault.</exception>
    public static WorkflowDefinition Read(string text, string sourceName, HandlerRegistry handlers)
    {
        var definition = WorkflowDefinition.Parse(text, sourceName);
        var names = handlers.Names.Where(name => !IsOwn(name));
        var faults = definition.CheckHandlers(name => IsOwn(name) ? null : handlers.Describe(name), names);
        return faults.Count == 0 ? definition.WithDefaultStages(handlers.Describe) : throw new WorkflowDefinitionException(sourceName, faults);
    }

    private static bool IsOwn(string handler) => handler.StartsWith(OwnHandlers, StringComparison.Ordinal);
}
