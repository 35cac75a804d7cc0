using System.Text.Json;
using Dispatcher.Sharding;
using Dispatcher.Store;

namespace Dispatcher.Web.Admin;

/// <summary>The cluster as it is now.</summary>
/// <param name="Self">The node that answers.</param>
/// <param name="Incarnation">The number of its life.</param>
/// <param name="Leader">The node that coordinates, if one does.</param>
/// <param name="Term">The number of the coordinator's term.</param>
/// <param name="IsCluster">False on an embedded store, whose one node is alone.</param>
/// <param name="Shards">Over how many shards jobs are spread.</param>
/// <param name="UnownedShards">Shards that belong to nobody at this moment: their jobs wait.</param>
/// <param name="Nodes">The nodes that live, in the order of their incarnations.</param>
/// <param name="Gone">Lives of nodes that have ended, the latest first.</param>
internal sealed record ClusterStateView(
    string Self, long Incarnation, string? Leader, long Term, bool IsCluster, int Shards, int UnownedShards, IReadOnlyList<ClusterNodeView> Nodes, IReadOnlyList<GoneNodeView> Gone);

/// <summary>A node that lives.</summary>
/// <param name="Address">Where it answers people; absent if it does not say.</param>
/// <param name="Status">up, draining or leaving.</param>
/// <param name="Unreachable">It has given no sign of life for a while.</param>
/// <param name="SilentMs">Milliseconds since its last sign of life.</param>
/// <param name="Shards">Shards that it owns.</param>
/// <param name="Incoming">Shards that it is to have and does not own yet.</param>
/// <param name="Jobs">Jobs in its memory.</param>
/// <param name="RunningSteps">Steps that run there.</param>
/// <param name="Recovering">Recoveries of shards under way there.</param>
internal sealed record ClusterNodeView(
    long Incarnation, string Name, string? Address, string? Version, string Status, bool Unreachable, bool IsLeader, bool IsSelf, double SilentMs, int Shards, int Incoming, int Jobs,
    int RunningSteps, int Recovering)
{
    /// <summary>After so many missing signs of life a node is called unreachable; it is declared dead later.</summary>
    private const int MissedBeats = 3;

    public static ClusterNodeView Of(ClusterNode node, ClusterView view, long self, ClusterOptions options) => new(
        node.Incarnation,
        node.Name,
        node.Address.Length > 0 ? node.Address : null,
        node.Version.Length > 0 ? node.Version : null,
        StatusOf(node.Wish),
        !node.InSession || node.SilentMs > MissedBeats * options.HeartbeatInterval.TotalMilliseconds,
        node.Incarnation == view.Leader,
        node.Incarnation == self,
        Math.Round(node.SilentMs),
        view.Owners.Count(owner => owner == node.Incarnation),
        view.Targets.Where((target, shard) => target == node.Incarnation && view.Owners[shard] != target).Count(),
        Fact(node.Facts, "jobs"),
        Fact(node.Facts, "running"),
        Fact(node.Facts, "recovering"));

    private static string StatusOf(NodeWish wish) => wish switch
    {
        NodeWish.Drain => "draining",
        NodeWish.Leave => "leaving",
        _ => "up",
    };

    /// <summary>A node of another version may tell more or less.</summary>
    private static int Fact(JsonElement facts, string name) =>
        facts.ValueKind == JsonValueKind.Object && facts.TryGetProperty(name, out var value) && value.TryGetInt32(out var number) ? number : 0;
}

/// <summary>A life of a node that has ended.</summary>
/// <param name="State">left or dead.</param>
/// <param name="HadShards">Shards that it owned when it ended.</param>
/// <param name="Shards">Shards that it owned last and that nobody has taken since.</param>
/// <param name="Jobs">Open jobs of these shards; counted up to 100,000.</param>
/// <param name="Commands">Commands for these jobs that wait.</param>
internal sealed record GoneNodeView(
    long Incarnation, string Name, string? Address, string State, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, int HadShards, int Shards, long Jobs, long Commands)
{
    public static GoneNodeView Of(GoneNode node) => new(
        node.Incarnation, node.Name, node.Address.Length > 0 ? node.Address : null, node.State, node.StartedAt, node.EndedAt, node.Had, node.Shards, node.Jobs, node.Commands);
}

/// <summary>What an operator's order for a node has led to.</summary>
/// <param name="Order">leave, drain, resume or down.</param>
/// <param name="Sentence">What happens now.</param>
internal sealed record NodeOrderView(long Incarnation, string Node, string Order, string Sentence);
