using System.Globalization;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Problems;

namespace Dispatcher.Web.Admin;

/// <summary>The cluster of this server's node. On an embedded store it has one member, this node, which owns the one shard that there is.</summary>
internal sealed class ClusterDesk(DispatcherEngine engine)
{
    /// <summary>How a request names the node that answers.</summary>
    public const string Self = "self";

    private const int GoneLimit = 20;

    private static readonly Refusal NoCluster = new(
        409, ProblemCode.NoCluster.Name, "This server's jobs are in its data directory, so its node is alone and there is nothing to hand over: stop the process instead. A cluster needs PostgreSQL (dispatcher serve --store).");

    public long Incarnation => engine.Store.Incarnation;

    public bool IsCluster => engine.Cluster is not null;

    /// <exception cref="StoreException">The database does not answer.</exception>
    public async ValueTask<ClusterView> Read() => engine.Cluster is { } cluster ? await cluster.ReadCluster() : Alone();

    /// <exception cref="StoreException">The database does not answer.</exception>
    public async ValueTask<ClusterStateView> ReadState()
    {
        var view = await Read();
        return Describe(view, engine.Cluster is { } cluster ? await cluster.ReadGone(GoneLimit) : []);
    }

    public ClusterStateView Describe(ClusterView view, IReadOnlyList<GoneNode> gone) => new(
        NameOf(view, Incarnation) ?? OwnName,
        Incarnation,
        NameOf(view, view.Leader),
        view.LeaderEpoch,
        IsCluster,
        view.Owners.Length,
        view.Owners.Count(owner => owner is null),
        [.. view.Nodes.Select(node => ClusterNodeView.Of(node, view, Incarnation, engine.Options.Node.Cluster))],
        [.. gone.Select(GoneNodeView.Of)]);

    /// <summary>The store that takes changes; otherwise there is a refusal.</summary>
    public (IClusterStore? Cluster, Refusal? Refusal) ForChanges() => engine.Cluster is { } cluster ? (cluster, null) : (null, NoCluster);

    /// <summary>The node that somebody names: <c>self</c>, the number of its life, its name, or its address.</summary>
    public (ClusterNode? Node, Refusal? Refusal) Find(ClusterView view, string text)
    {
        // A node that has just started may not have given a sign of life yet, and takes orders all the same.
        if (text == Self) return (view.Find(Incarnation) ?? new ClusterNode { Incarnation = Incarnation, Name = OwnName }, null);
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && view.Find(number) is { } exact) return (exact, null);
        var named = view.Nodes.Where(node => node.Name == text || HostAndPort(node.Address) == HostAndPort(text)).ToList();
        return named switch
        {
            [var only] => (only, null),
            [] => (null, Unknown(text, view)),
            _ => (null, new Refusal(409, ProblemCode.AmbiguousNode.Name, $"Several nodes are called {text}; name one by its incarnation: {string.Join(", ", named.Select(node => node.Incarnation))}.")),
        };
    }

    public static string? NameOf(ClusterView view, long? incarnation) =>
        incarnation is { } number ? view.Find(number)?.Name ?? string.Create(CultureInfo.InvariantCulture, $"incarnation {number}") : null;

    private static Refusal Unknown(string text, ClusterView view)
    {
        var names = string.Join(", ", view.Nodes.Select(node => string.Create(CultureInfo.InvariantCulture, $"{node.Name} ({node.Incarnation})")));
        return Refusal.NotFound($"No node {Excerpt.Of(text)} lives in the cluster; there are {(names.Length > 0 ? names : "none that have given a sign of life yet")}.", ProblemCode.UnknownNode.Name);
    }

    private static string HostAndPort(string address) => Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Host.Length > 0 ? uri.Authority : address;

    private string OwnName => engine.Options.Postgres?.NodeName ?? Environment.MachineName;

    private ClusterView Alone() => new()
    {
        Leader = Incarnation,
        LeaderEpoch = Incarnation,
        Owners = [Incarnation],
        Epochs = [Incarnation],
        Targets = [Incarnation],
        Nodes =
        [
            new ClusterNode
            {
                Incarnation = Incarnation,
                Name = OwnName,
                InSession = true,
                Version = typeof(DispatcherNode).Assembly.GetName().Version?.ToString(3) ?? "",
                Facts = JsonSerializer.SerializeToElement(new Dictionary<string, int>(StringComparer.Ordinal)
                {
                    ["jobs"] = engine.Node.ResidentJobs, ["running"] = engine.Node.RunningSteps, ["recovering"] = engine.IsReady ? 0 : 1,
                }),
            },
        ],
    };
}
