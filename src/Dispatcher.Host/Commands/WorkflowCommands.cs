using System.CommandLine;
using Dispatcher.Host.Commands.Remote;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;

namespace Dispatcher.Host.Commands;

/// <summary><c>dispatcher workflow</c></summary>
internal static class WorkflowCommands
{
    public static Command Create(HostEdges edges)
    {
        var command = new Command("workflow", "Work with workflow definitions");
        command.Add(Check(edges));
        foreach (var registry in RegistryCommands.Create(edges, RemoteOptions.AddTo(command, edges))) command.Add(registry);
        return command;
    }

    private static Command Check(HostEdges edges)
    {
        var file = new Argument<string>("FILE") { Description = "The workflow, as YAML or JSON" };
        var config = SharedOptions.Config();
        var command = new Command("check", "Find all faults of a workflow definition without running it") { file, config };
        command.SetAction(parsed =>
        {
            using var handlers = new HandlerSet(EffectiveSettings.Load(edges, parsed.GetValue(config), null), edges.Time);
            var workflow = WorkflowFile.Read(parsed.GetRequiredValue(file), edges.CurrentDirectory, handlers.Registry);
            edges.Out.WriteLine($"{workflow.Name} version {workflow.Version}: {workflow.Steps.Length} steps, no faults ({workflow.Hash[..12]})");
            return ExitCode.Ok;
        });
        return command;
    }
}
