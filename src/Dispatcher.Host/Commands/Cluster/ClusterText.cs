using System.Globalization;
using System.Text.Json;
using Dispatcher.Host.Commands.Remote;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Terminal;

namespace Dispatcher.Host.Commands.Cluster;

/// <summary>
/// The cluster as text. Rows are those of pbm, <c>address | [roles] | status | unreachable | version</c>; what stands behind, and incarnations, are ours.
/// </summary>
internal static class ClusterText
{
    public static void WriteShow(HostEdges edges, JsonElement cluster)
    {
        var nodes = Nodes(cluster);
        foreach (var node in nodes) edges.Out.WriteLine(Row(node));
        edges.Out.WriteLine($"Count: {nodes.Count} nodes");
        if (Number(cluster, "unowned_shards") is > 0 and var unowned) edges.Out.WriteLine($"{unowned} of {Number(cluster, "shards")} shards belong to nobody at this moment: their jobs wait.");
        var gone = cluster.GetProperty("gone").EnumerateArray().ToList();
        if (gone.Count == 0) return;
        edges.Out.WriteLine();
        edges.Out.WriteLine("Gone lately:");
        foreach (var node in gone) edges.Out.WriteLine(GoneRow(node, edges.Time));
    }

    public static void WriteStatus(HostEdges edges, JsonElement cluster)
    {
        var self = Nodes(cluster).FirstOrDefault(node => IsTrue(node, "is_self"));
        if (self.ValueKind == JsonValueKind.Undefined)
        {
            edges.Out.WriteLine($"{cluster.Text("self")} (incarnation {cluster.Cell("incarnation")}) is no member: it has been declared dead, or has not joined yet.");
            return;
        }

        edges.Out.WriteLine(Row(self));
        edges.Out.WriteLine($"  members     {Nodes(cluster).Count}");
        edges.Out.WriteLine($"  leader      {cluster.Text("leader") ?? "nobody"}, term {cluster.Cell("term")}");
        edges.Out.WriteLine($"  shards      {self.Cell("shards")} of {cluster.Cell("shards")}{(Number(self, "incoming") is > 0 and var incoming ? $", {incoming} more to come" : "")}");
        edges.Out.WriteLine($"  jobs        {self.Cell("jobs")} in memory, {self.Cell("running_steps")} steps run");
        if (!IsTrue(cluster, "is_cluster")) edges.Out.WriteLine("  store       a data directory: this node is alone");
    }

    /// <summary><c>name@host:port | [coordinator] | up |  | 0.4.0 | incarnation: 3 | shards: 64 | jobs: 120</c></summary>
    public static string Row(JsonElement node) =>
        $"{Place(node)} | [{(IsTrue(node, "is_leader") ? "coordinator" : "")}] | {node.Text("status")} | {(IsTrue(node, "unreachable") ? "unreachable" : "")} | {node.Text("version")}" +
        $" | incarnation: {node.Cell("incarnation")} | shards: {node.Cell("shards")} | jobs: {node.Cell("jobs")}";

    /// <summary><c>name@host:port [coordinator](jobs) | shards: 64 | entities: 120</c></summary>
    public static string RegionRow(JsonElement node, string region) =>
        $"{Place(node)}{(IsTrue(node, "is_leader") ? $" [coordinator]({region})" : "")} | shards: {node.Cell("shards")} | entities: {node.Cell("jobs")}";

    public static IReadOnlyList<JsonElement> Nodes(JsonElement cluster) => [.. cluster.GetProperty("nodes").EnumerateArray()];

    public static bool IsTrue(JsonElement value, string name) => value.TryGetProperty(name, out var property) && property.ValueKind == JsonValueKind.True;

    private static string GoneRow(JsonElement node, TimeProvider time)
    {
        var (shards, jobs, commands) = (Number(node, "shards"), Number(node, "jobs"), Number(node, "commands"));
        var left = shards == 0 ? "nothing" : $"{shards} shards with {Counted(jobs)} open jobs and {Counted(commands)} commands, which nobody has taken yet";
        return $"{Place(node)} | {node.Text("state")} | {(node.Time("ended_at") is { } at ? TimeText.DateAndClock(at, time) : "-")} | incarnation: {node.Cell("incarnation")} | had: {node.Cell("had_shards")} shards | left: {left}";
    }

    private static string Counted(long count) => count >= Store.GoneNode.CountLimit ? "more than " + count.ToString("N0", CultureInfo.InvariantCulture) : count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Place(JsonElement node) => node.Text("address") is { } address && Uri.TryCreate(address, UriKind.Absolute, out var uri) ? $"{node.Text("name")}@{uri.Authority}" : node.Text("name")!;

    private static long Number(JsonElement value, string name) => value.GetProperty(name).GetInt64();
}
