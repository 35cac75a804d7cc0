using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Dispatcher.Store;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Json;

namespace Dispatcher.Web.Admin;

/// <summary>A change of the cluster, as one node saw it.</summary>
/// <param name="Kind">state, member-up, member-removed, member-unreachable, member-reachable, member-draining, member-leaving, leader-changed or shards-moved.</param>
/// <param name="Sentence">The same for people.</param>
internal sealed record ClusterChangeView(DateTimeOffset At, string Kind, string? Node, string Sentence);

/// <summary>Tells what changes from one view of the cluster to the next. Views come with this node's signs of life, so at the most a second late.</summary>
internal sealed class ClusterFollower(DispatcherEngine engine, ClusterDesk desk, TimeProvider time)
{
    public async IAsyncEnumerable<StreamEvent> Follow([EnumeratorCancellation] CancellationToken cancellation)
    {
        var view = await desk.Read();
        var before = desk.Describe(view, []);
        foreach (var node in before.Nodes) yield return Event("state", node.Name, $"{Named(node)} is {node.Status} with {Shards(node.Shards)}{(node.IsLeader ? ", and coordinates" : "")}");
        if (engine.Node.Cluster is not { } cluster)
        {
            // A node that is alone stays so.
            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellation);
            yield break;
        }

        while (true)
        {
            var next = await cluster.Line.NextView().WaitAsync(cancellation);
            var after = desk.Describe(next, []);
            foreach (var (kind, node, sentence) in Between(before, after).Concat(Moves(view, next))) yield return Event(kind, node, sentence);
            (view, before) = (next, after);
        }
    }

    /// <summary>What is different, in the order in which it matters.</summary>
    internal static IEnumerable<(string Kind, string? Node, string Sentence)> Between(ClusterStateView before, ClusterStateView after)
    {
        foreach (var node in after.Nodes)
        {
            var known = before.Nodes.FirstOrDefault(other => other.Incarnation == node.Incarnation);
            if (known is null) yield return ("member-up", node.Name, $"{Named(node)} has joined");
            if (node.Unreachable && known?.Unreachable == false) yield return ("member-unreachable", node.Name, $"{Named(node)} gives no sign of life");
            if (!node.Unreachable && known?.Unreachable == true) yield return ("member-reachable", node.Name, $"{Named(node)} is back");
            if (known is not null && known.Status != node.Status) yield return (node.Status == "up" ? "member-up" : $"member-{node.Status}", node.Name, $"{Named(node)} is {node.Status}");
        }

        foreach (var gone in before.Nodes.Where(node => after.Nodes.All(other => other.Incarnation != node.Incarnation)))
            yield return ("member-removed", gone.Name, $"{Named(gone)} is gone; it had {Shards(gone.Shards)}");
        if (before.Term != after.Term || before.Leader != after.Leader)
            yield return ("leader-changed", after.Leader, after.Leader is { } leader ? $"{leader} coordinates, term {after.Term}" : "nobody coordinates");
    }

    private static IEnumerable<(string Kind, string? Node, string Sentence)> Moves(ClusterView before, ClusterView after) =>
        from shard in Enumerable.Range(0, Math.Min(before.Owners.Length, after.Owners.Length))
        where before.Owners[shard] != after.Owners[shard]
        group shard by (From: before.Owners[shard], To: after.Owners[shard]) into moved
        let to = ClusterDesk.NameOf(after, moved.Key.To)
        select ("shards-moved", to, string.Create(
            CultureInfo.InvariantCulture,
            $"{Shards(moved.Count())} went from {ClusterDesk.NameOf(before, moved.Key.From) ?? "nobody"} to {to ?? "nobody"}"));

    private StreamEvent Event(string kind, string? node, string sentence) =>
        new(null, kind, JsonSerializer.SerializeToUtf8Bytes(new ClusterChangeView(time.GetUtcNow(), kind, node, sentence), ApiJson.Options));

    private static string Shards(int count) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "shard" : "shards")}");

    private static string Named(ClusterNodeView node) => string.Create(CultureInfo.InvariantCulture, $"{node.Name} ({node.Incarnation})");
}
