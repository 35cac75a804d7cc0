using System.CommandLine;
using System.Text.Json;
using Dispatcher.Host.Commands.Remote;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;

namespace Dispatcher.Host.Commands.Cluster;

/// <summary><c>dispatcher cluster</c>: who is in the cluster, and orders for its nodes. Ask any node.</summary>
internal static class ClusterCommands
{
    public static Command Create(HostEdges edges)
    {
        var group = new Command("cluster", "Show the nodes of a cluster, follow them, and give them orders");
        var remote = RemoteOptions.AddTo(group, edges);
        group.Add(Show(edges, remote));
        group.Add(Status(edges, remote));
        group.Add(Leader(edges, remote));
        group.Add(Tail(edges, remote));
        group.Add(Order(edges, remote, "leave", "Let a node hand its shards over and end its process", mayBeSelf: true));
        group.Add(Order(edges, remote, "drain", "Take a node's shards from it; it stays, and gets none until it is resumed", mayBeSelf: true));
        group.Add(Order(edges, remote, "resume", "Let a drained node have shards again", mayBeSelf: true));
        group.Add(Order(edges, remote, "down", "Declare a node dead, without evidence: its shards go to others at once", mayBeSelf: false));
        return group;
    }

    private static Command Show(HostEdges edges, RemoteOptions remote)
    {
        var output = SharedOptions.Output("table", "json", "jsonl", "ids");
        var command = new Command("show", "Show all members, and what nodes that are gone left") { output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            var cluster = await api.Get("admin/cluster");
            switch (parsed.GetRequiredValue(output))
            {
                case "json":
                    edges.Out.WriteLine(JsonText.Of(cluster));
                    break;
                case "jsonl":
                    foreach (var node in ClusterText.Nodes(cluster)) edges.Out.WriteLine(JsonText.Line(node));
                    break;
                case "ids":
                    foreach (var node in ClusterText.Nodes(cluster)) edges.Out.WriteLine(node.Cell("incarnation"));
                    break;
                default:
                    ClusterText.WriteShow(edges, cluster);
                    break;
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Status(HostEdges edges, RemoteOptions remote)
    {
        var output = SharedOptions.Output("table", "json");
        var command = new Command("status", "Show the node that answers") { output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            var cluster = await api.Get("admin/cluster");
            if (parsed.GetRequiredValue(output) != "json") ClusterText.WriteStatus(edges, cluster);
            else edges.Out.WriteLine(JsonText.Of(ClusterText.Nodes(cluster).FirstOrDefault(node => ClusterText.IsTrue(node, "is_self")) is { ValueKind: JsonValueKind.Object } self ? self : cluster));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Leader(HostEdges edges, RemoteOptions remote)
    {
        var output = SharedOptions.Output("table", "json");
        var command = new Command("leader", "Show the node that coordinates; exit code 1 if none does") { output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            var leader = ClusterText.Nodes(await api.Get("admin/cluster")).FirstOrDefault(node => ClusterText.IsTrue(node, "is_leader"));
            if (leader.ValueKind == JsonValueKind.Undefined)
                throw new CommandException(ExitCode.Failed, "Nobody coordinates at this moment; any node that lives takes over within seconds. See `dispatcher cluster show`.");
            edges.Out.WriteLine(parsed.GetRequiredValue(output) == "json" ? JsonText.Of(leader) : ClusterText.Row(leader));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Tail(HostEdges edges, RemoteOptions remote)
    {
        var output = SharedOptions.Output("table", "jsonl", "json");
        var command = new Command("tail", "Show changes of the cluster as they happen, until Ctrl-C") { output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            return await StreamTail.Run(edges, api, "admin/cluster/stream", parsed.GetRequiredValue(output) != "table", change =>
                $"{(change.Time("at") is { } at ? TimeText.Clock(at, edges.Time) : "-")} {change.Cell("kind"),-18} {EventText.OneLine(change.Cell("sentence"))}");
        });
        return command;
    }

    private static Command Order(HostEdges edges, RemoteOptions remote, string name, string description, bool mayBeSelf)
    {
        var node = new Argument<string>("NODE") { Description = $"Its name, incarnation or address{(mayBeSelf ? "; the node that answers unless given" : "")}" };
        if (mayBeSelf) node.DefaultValueFactory = _ => "self";
        var output = SharedOptions.Output("table", "json");
        var command = new Command(name, description) { node, output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            var done = await api.Post($"admin/cluster/nodes/{Uri.EscapeDataString(parsed.GetRequiredValue(node))}/{name}", null);
            edges.Out.WriteLine(parsed.GetRequiredValue(output) == "json" ? JsonText.Of(done) : $"{done.Text("node")} (incarnation {done.Cell("incarnation")}): {done.Text("sentence")}");
            return ExitCode.Ok;
        });
        return command;
    }
}
