using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;
using Dispatcher.Jobs;

namespace Dispatcher.Host.Commands.Remote;

/// <summary><c>dispatcher pattern register | list | show | use</c>: jobs with parameters, kept at a server.</summary>
internal static class PatternCommands
{
    public static Command Create(HostEdges edges)
    {
        var command = new Command("pattern", "Jobs with parameters, to be made again and again: the patterns of a server");
        var remote = RemoteOptions.AddTo(command, edges);
        command.Add(Register(edges, remote));
        command.Add(List(edges, remote));
        command.Add(Show(edges, remote));
        command.Add(Use(edges, remote));
        return command;
    }

    private static Command Register(HostEdges edges, RemoteOptions remote)
    {
        var name = new Argument<string>("PATTERN") { Description = "ID@VERSION; a registered version never changes" };
        var file = new Argument<string>("FILE") { Description = "The pattern as a JSON object, with the fields of docs/patterns.md" };
        var command = new Command("register", "Register a pattern on a server") { name, file };
        command.SetAction(async (parsed, _) =>
        {
            var (id, version, path) = Version(parsed.GetRequiredValue(name));
            var pattern = JsonArgument.ReadObject(parsed.GetRequiredValue(file), edges.CurrentDirectory, $"The pattern {parsed.GetRequiredValue(file)}");
            using var api = remote.Require(parsed);
            await api.Put(path, pattern.ToJsonString(), "application/json");
            edges.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{id} version {version} is registered."));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command List(HostEdges edges, RemoteOptions remote)
    {
        var output = SharedOptions.Output("table", "json", "jsonl", "ids");
        var command = new Command("list", "List the patterns of a server") { output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            RowOutput.Write(
                edges.Out, parsed.GetRequiredValue(output), await RemotePages.Read(api, "patterns", "patterns"), ["id", "version", "workflow", "description"],
                pattern => [pattern.Cell("id"), pattern.Cell("version"), pattern.Cell("workflow"), Excerpt.Of(pattern.Text("description") ?? "-")],
                pattern => $"{pattern.Cell("id")}@{pattern.Cell("version")}");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Show(HostEdges edges, RemoteOptions remote)
    {
        var name = new Argument<string>("PATTERN") { Description = "ID@VERSION" };
        var command = new Command("show", "Show a pattern as JSON") { name };
        command.SetAction(async (parsed, _) =>
        {
            var (_, _, path) = Version(parsed.GetRequiredValue(name));
            using var api = remote.Require(parsed);
            edges.Out.WriteLine(JsonText.Of(await api.Get(path)));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Use(HostEdges edges, RemoteOptions remote)
    {
        var name = new Argument<string>("PATTERN") { Description = "ID, or ID@VERSION; the newest version unless given" };
        var input = new Option<string[]>("--input") { Description = "A parameter; a.b=c for a nested one", HelpName = "KEY=VALUE", DefaultValueFactory = _ => [] };
        var inputFile = new Option<string?>("--input-file") { Description = "The parameters as a file with one JSON object", HelpName = "FILE" };
        var key = new Option<string?>("--idempotency-key") { Description = "A second job with this key is the first one", HelpName = "KEY" };
        var watch = new Option<bool>("--watch") { Description = "Show the job to its end" };
        var command = new Command("use", "Make a job of a pattern; prints its id") { name, input, inputFile, key, watch };
        command.SetAction(async (parsed, _) =>
        {
            var (id, version) = VersionedName.Read(parsed.GetRequiredValue(name));
            var body = new JsonObject();
            if (version is { } number) body["version"] = number;
            if (InputReader.ReadUnchecked(parsed.GetValue(inputFile), parsed.GetRequiredValue(input), edges.CurrentDirectory) is { } given) body["params"] = given;
            if (parsed.GetValue(key) is { } once) body["idempotency_key"] = once;
            using var api = remote.Require(parsed);
            var job = (await api.Post($"patterns/{Uri.EscapeDataString(id)}/jobs", body.ToJsonString())).Cell("id");
            edges.Out.WriteLine(job);
            return parsed.GetValue(watch) ? await JobWatch.Run(edges, api, job, asJson: false) : ExitCode.Ok;
        });
        return command;
    }

    private static (string Id, int Version, string Path) Version(string text)
    {
        var (id, version) = VersionedName.Require(text, "dispatcher pattern list");
        return (id, version, string.Create(CultureInfo.InvariantCulture, $"patterns/{Uri.EscapeDataString(id)}/versions/{version}"));
    }
}
