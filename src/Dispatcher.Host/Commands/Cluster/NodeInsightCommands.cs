using System.CommandLine;
using System.Globalization;
using Dispatcher.Host.Commands.Remote;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;

namespace Dispatcher.Host.Commands.Cluster;

/// <summary><c>dispatcher actor hierarchy</c> and <c>dispatcher log tail | show</c>: the inside of the node that answers.</summary>
internal static class NodeInsightCommands
{
    public static Command Actors(HostEdges edges)
    {
        var group = new Command("actor", "The actors of a node");
        var remote = RemoteOptions.AddTo(group, edges);
        var start = new Option<string>("--start", "-s") { Description = "The path to begin with", HelpName = "PATH", DefaultValueFactory = _ => "/" };
        var depth = new Option<int>("--depth", "-d") { Description = "How many levels below it", HelpName = "LEVELS", DefaultValueFactory = _ => 4 };
        var output = SharedOptions.Output("table", "json", "ids");
        var hierarchy = new Command("hierarchy", "List the actors that live in the node that answers, a path a line") { start, depth, output };
        hierarchy.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            var found = await api.Get(string.Create(CultureInfo.InvariantCulture, $"admin/actors?start={Uri.EscapeDataString(parsed.GetRequiredValue(start))}&depth={parsed.GetRequiredValue(depth)}"));
            if (parsed.GetRequiredValue(output) == "json")
            {
                edges.Out.WriteLine(JsonText.Of(found));
                return ExitCode.Ok;
            }

            foreach (var path in found.GetProperty("paths").EnumerateArray()) edges.Out.WriteLine(path.GetString());
            if (ClusterText.IsTrue(found, "cut")) await edges.Error.WriteLineAsync("There are more: begin deeper with -s.");
            return ExitCode.Ok;
        });
        group.Add(hierarchy);
        return group;
    }

    public static Command Log(HostEdges edges)
    {
        var group = new Command("log", "The log of a node, without secrets");
        var remote = RemoteOptions.AddTo(group, edges);
        group.Add(Lines(edges, remote, "peek", "Show the newest lines", isLive: false));
        group.Add(Lines(edges, remote, "tail", "Show the newest lines, and others as they come, until Ctrl-C", isLive: true));
        return group;
    }

    private static Command Lines(HostEdges edges, RemoteOptions remote, string name, string description, bool isLive)
    {
        var lines = new Option<int>("--lines", "-n") { Description = "How many of the newest lines", HelpName = "NUMBER", DefaultValueFactory = _ => 20 };
        var output = SharedOptions.Output("table", "jsonl", "json");
        var command = new Command(name, description) { lines, output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            var (format, limit) = (parsed.GetRequiredValue(output), parsed.GetRequiredValue(lines));
            if (isLive) return await Follow(edges, api, limit, format != "table");

            var found = (await api.Get(string.Create(CultureInfo.InvariantCulture, $"admin/log?limit={limit}"))).GetProperty("lines");
            if (format == "json") edges.Out.WriteLine(JsonText.Of(found));
            else
            {
                foreach (var line in found.EnumerateArray()) edges.Out.WriteLine(format == "jsonl" ? JsonText.Line(line) : Text(edges, line));
            }

            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>After a break all lines come again that are there still; those that were shown are known by their time, since a new process numbers anew.</summary>
    private static Task<int> Follow(HostEdges edges, ApiClient api, int limit, bool asJson)
    {
        (DateTimeOffset At, long Number) last = default;
        return StreamTail.Run(edges, api, string.Create(CultureInfo.InvariantCulture, $"admin/log/stream?limit={limit}"), asJson, again: "admin/log/stream?limit=1000", line: data =>
        {
            var next = (data.Time("at") ?? default, data.GetProperty("number").GetInt64());
            if (next.CompareTo(last) <= 0) return null;
            last = next;
            return Text(edges, data);
        });
    }

    private static string Text(HostEdges edges, System.Text.Json.JsonElement line) =>
        $"{(line.Time("at") is { } at ? TimeText.Clock(at, edges.Time) : "-")} {line.Cell("level")} {EventText.OneLine(line.Cell("message"))}";
}
