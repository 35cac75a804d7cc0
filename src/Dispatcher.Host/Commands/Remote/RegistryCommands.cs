using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;
using Dispatcher.Workflows;

namespace Dispatcher.Host.Commands.Remote;

/// <summary><c>dispatcher workflow register | list | show</c>: the registry of a server.</summary>
internal static class RegistryCommands
{
    public static IEnumerable<Command> Create(HostEdges edges, RemoteOptions remote)
    {
        yield return Register(edges, remote);
        yield return List(edges, remote);
        yield return Show(edges, remote);
    }

    private static Command Register(HostEdges edges, RemoteOptions remote)
    {
        var file = new Argument<string>("FILE") { Description = "The workflow, as YAML or JSON" };
        var command = new Command("register", "Register a workflow on a server; a registered version never changes") { file };
        command.SetAction(async (parsed, _) =>
        {
            var path = parsed.GetRequiredValue(file);
            var text = WorkflowFile.ReadText(path, edges.CurrentDirectory);
            var workflow = WorkflowDefinition.Parse(text, path);
            using var api = remote.Require(parsed);
            var isJson = text.AsSpan().TrimStart() is ['{', ..];
            var registered = await api.Put(
                string.Create(CultureInfo.InvariantCulture, $"workflows/{workflow.Name}/versions/{workflow.Version}"), text, isJson ? "application/json" : "application/yaml");
            edges.Out.WriteLine($"{workflow.Name} version {workflow.Version} is registered ({registered.Text("hash")?[..12] ?? workflow.Hash[..12]}).");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command List(HostEdges edges, RemoteOptions remote)
    {
        var output = SharedOptions.Output("table", "json", "jsonl", "ids");
        var command = new Command("list", "List the workflows of a server") { output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            RowOutput.Write(
                edges.Out, parsed.GetRequiredValue(output), await RemotePages.Read(api, "workflows", "workflows"), ["name", "version", "registered"], workflow => Cells(workflow, edges.Time),
                workflow => $"{workflow.Cell("name")}@{workflow.Cell("version")}");
            return ExitCode.Ok;
        });
        return command;
    }

    private static string[] Cells(JsonElement workflow, TimeProvider time) =>
        [workflow.Cell("name"), workflow.Cell("version"), workflow.Time("registered_at") is { } at ? TimeText.DateAndClock(at, time) : "-"];

    private static Command Show(HostEdges edges, RemoteOptions remote)
    {
        var name = new Argument<string>("WORKFLOW") { Description = "NAME@VERSION" };
        var command = new Command("show", "Show a registered workflow as JSON") { name };
        command.SetAction(async (parsed, _) =>
        {
            var (workflow, version) = VersionedName.Require(parsed.GetRequiredValue(name), "dispatcher workflow list");
            using var api = remote.Require(parsed);
            edges.Out.WriteLine(JsonText.Of(await api.Get(string.Create(CultureInfo.InvariantCulture, $"workflows/{Uri.EscapeDataString(workflow)}/versions/{version}"))));
            return ExitCode.Ok;
        });
        return command;
    }
}
