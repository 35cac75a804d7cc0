using Dispatcher.Steps.Handlers;
using Dispatcher.Workflows;

namespace Dispatcher.Host.Commands;

/// <summary>Reads a workflow from a file, checked against the handlers that there are.</summary>
internal static class WorkflowFile
{
    /// <exception cref="WorkflowDefinitionException">Lists every fault as <c>file:line:column</c>.</exception>
    /// <exception cref="CommandException">The file cannot be read.</exception>
    public static WorkflowDefinition Read(string path, string currentDirectory, HandlerRegistry handlers)
    {
        var definition = WorkflowDefinition.Parse(ReadText(path, currentDirectory), path);
        var faults = definition.CheckHandlers(handlers.Describe, handlers.Names);
        return faults.Count == 0 ? definition.WithDefaultStages(handlers.Describe) : throw new WorkflowDefinitionException(path, faults);
    }

    public static string ReadText(string path, string currentDirectory)
    {
        try
        {
            return File.ReadAllText(Path.GetFullPath(path, currentDirectory));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException(ExitCode.Usage, $"The workflow {path} cannot be read: {fault.Message}");
        }
    }
}
