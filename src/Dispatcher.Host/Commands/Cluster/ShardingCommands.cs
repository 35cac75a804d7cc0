using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Dispatcher.Host.Commands.Remote;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;

namespace Dispatcher.Host.Commands.Cluster;

/// <summary><c>dispatcher cluster-sharding</c>: which node has which shards and jobs, and moves. There is one region, <c>jobs</c>.</summary>
internal static class ShardingCommands
{
    private const string Region = "jobs";

    public static Command Create(HostEdges edges)
    {
        var group = new Command("cluster-sharding", "Show which node has which shards and jobs, move shards, and prove that nothing was written twice");
        var remote = RemoteOptions.AddTo(group, edges);
        group.Add(ListRegions(edges, remote));
        group.Add(RegionStats(edges, remote));
        group.Add(ListShards(edges, remote));
        group.Add(Locate(edges, remote));
        group.Add(Move(edges, remote));
        group.Add(Rebalance(edges, remote));
        group.Add(VerifyCommand.Create(edges, remote));
        return group;
    }

    private static Command ListRegions(HostEdges edges, RemoteOptions remote)
    {
        var output = SharedOptions.Output("table", "json", "jsonl", "ids");
        var command = new Command("list-regions", "List the kinds of things that are spread over shards: jobs") { output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            var cluster = await api.Get("admin/cluster");
            var nodes = ClusterText.Nodes(cluster);
            var region = JsonSerializer.SerializeToElement(new { region = Region, shards = cluster.GetProperty("shards").GetInt32(), nodes = nodes.Count, entities = nodes.Sum(node => node.GetProperty("jobs").GetInt64()) });
            Rows(edges, parsed.GetRequiredValue(output), [region], ["region", "shards", "nodes", "entities"], id: "region");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command RegionStats(HostEdges edges, RemoteOptions remote)
    {
        var region = new Option<string>("--region", "-r") { Description = $"The region: {Region}", HelpName = "REGION", DefaultValueFactory = _ => Region };
        region.AcceptOnlyFromAmong(Region);
        var output = SharedOptions.Output("table", "json", "jsonl");
        var command = new Command("region-stats", "Show how many shards and jobs each node has") { region, output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            var nodes = ClusterText.Nodes(await api.Get("admin/cluster"));
            switch (parsed.GetRequiredValue(output))
            {
                case "json":
                    edges.Out.WriteLine(JsonText.Of(nodes));
                    break;
                case "jsonl":
                    foreach (var node in nodes) edges.Out.WriteLine(JsonText.Line(node));
                    break;
                default:
                    foreach (var node in nodes) edges.Out.WriteLine(ClusterText.RegionRow(node, Region));
                    break;
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static Command ListShards(HostEdges edges, RemoteOptions remote)
    {
        var output = SharedOptions.Output("table", "json", "jsonl", "ids");
        var command = new Command("list-shards", "List the shards: who owns each, at which epoch, and where it moves") { output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            var shards = (await api.Get("admin/shards")).GetProperty("items").EnumerateArray().ToList();
            Rows(edges, parsed.GetRequiredValue(output), shards, ["shard", "owner", "incarnation", "epoch", "target", "pinned", "has_commands"], id: "shard");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Locate(HostEdges edges, RemoteOptions remote)
    {
        var job = ReadingOptions.Job();
        var output = SharedOptions.Output("table", "json", "ids");
        var command = new Command("locate", "Say which node has a job") { job, output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            var place = await api.Get($"admin/jobs/{await RemoteJobs.Resolve(api, parsed.GetRequiredValue(job))}/location");
            switch (parsed.GetRequiredValue(output))
            {
                case "json":
                    edges.Out.WriteLine(JsonText.Of(place));
                    break;
                case "ids":
                    edges.Out.WriteLine(place.Text("owner") ?? "-");
                    break;
                default:
                    edges.Out.WriteLine($"Job {place.Text("job_id")}");
                    edges.Out.WriteLine($"  owner     {(place.Text("owner") is { } owner ? $"{owner} (incarnation {place.Cell("incarnation")}){(place.Text("address") is { } at ? $" at {at}" : "")}" : "nobody")}");
                    edges.Out.WriteLine($"  shard     {place.Cell("shard")}, epoch {place.Cell("epoch")}, {place.Text("state")}{(place.Text("target") is { } target ? $", to {target}" : "")}");
                    edges.Out.WriteLine($"  {place.Text("sentence")}");
                    break;
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Move(HostEdges edges, RemoteOptions remote)
    {
        var shard = new Argument<int>("SHARD") { Description = "The shard's number" };
        var node = new Argument<string>("NODE") { Description = "Its name, incarnation or address, or self" };
        var output = SharedOptions.Output("table", "json");
        var command = new Command("move", "Put a shard on a node, where it stays as long as that lives, or until a rebalance") { shard, node, output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            var body = JsonSerializer.Serialize(new { node = parsed.GetRequiredValue(node) });
            var moved = await api.Post(string.Create(CultureInfo.InvariantCulture, $"admin/shards/{parsed.GetRequiredValue(shard)}/move"), body);
            edges.Out.WriteLine(parsed.GetRequiredValue(output) == "json"
                ? JsonText.Of(moved)
                : $"Shard {moved.Cell("shard")} goes from {moved.Text("from") ?? "nobody"} to {moved.Text("to")} (incarnation {moved.Cell("incarnation")}), and stays there.");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Rebalance(HostEdges edges, RemoteOptions remote)
    {
        var output = SharedOptions.Output("table", "json");
        var command = new Command("rebalance", "Spread the shards evenly now, also those that were moved by hand") { output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            var wished = await api.Post("admin/shards/rebalance", null);
            edges.Out.WriteLine(parsed.GetRequiredValue(output) == "json"
                ? JsonText.Of(wished)
                : $"The coordinator spreads the shards: a node had {wished.Cell("least")} to {wished.Cell("most")}, and {wished.Cell("freed_pins")} were moved by hand before.");
            return ExitCode.Ok;
        });
        return command;
    }

    private static string CellOf(JsonElement row, string column) => row.Cell(column) switch
    {
        "True" => "yes",
        "False" => "",
        var text => text,
    };

    private static void Rows(HostEdges edges, string format, IReadOnlyList<JsonElement> rows, string[] columns, string id) =>
        RowOutput.Write(edges.Out, format, rows, columns, row => [.. columns.Select(column => CellOf(row, column))], row => row.Cell(id));
}
