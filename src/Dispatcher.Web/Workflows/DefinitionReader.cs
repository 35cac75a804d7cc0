using Dispatcher.Steps.Handlers;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Workflows;

/// <summary>Reads definitions that callers give, checked against the handlers of this server.</summary>
internal static class DefinitionReader
{
    /// <summary>Handlers that begin so belong to Dispatcher's own workflows; nobody else's may use them.</summary>
    public const string OwnHandlers = "dispatcher.";

    /// <param name="sourceName">What faults call it; also the name of a state machine, which has none of its own.</param>
    /// <param name="version">Of a state machine.</param>
    /// <exception cref="WorkflowDefinitionException">Lists every fault.</exception>
    public static WorkflowDefinition Read(string text, string sourceName, HandlerRegistry handlers, int version = 1)
    {
        var definition = WorkflowDefinition.Parse(text, sourceName, sourceName, version);
        var names = handlers.Names.Where(name => !IsOwn(name));
        var faults = definition.CheckHandlers(name => IsOwn(name) ? null : handlers.Describe(name), names);
        return faults.Count == 0 ? definition.WithDefaultStages(handlers.Describe) : throw new WorkflowDefinitionException(sourceName, faults);
    }

    private static bool IsOwn(string handler) => handler.StartsWith(OwnHandlers, StringComparison.Ordinal);
}
