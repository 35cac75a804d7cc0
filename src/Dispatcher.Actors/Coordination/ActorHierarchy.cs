using System.Globalization;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Store;

namespace Dispatcher.Coordination;

/// <summary>
/// The actors that live in a node, as a tree for people: <c>/system/...</c>, and jobs as Akka places entities, at <c>/system/sharding/jobs/SHARD/JOB</c> with the steps that
/// run below them. The kernel has no tree; this is made when it is asked for, from what is registered.
/// </summary>
/// <param name="system">The actors beside the jobs, by their paths.</param>
public sealed class ActorHierarchy(JobServices services, Func<IEnumerable<(string Path, ActorCell? Cell)>> system)
{
    private const string Jobs = "/system/sharding/jobs";

    /// <summary>How many levels the step of a job has.</summary>
    private const int LevelsOfSteps = 6;

    /// <param name="start">Where to begin: <c>/</c> for the root.</param>
    /// <param name="depth">How many levels below that.</param>
    /// <param name="limit">The most paths; at least 1.</param>
    public async Task<ActorListing> List(string start, int depth, int limit)
    {
        var root = start.TrimEnd('/');
        var lowest = LevelOf(root) + depth;
        var found = new SortedSet<string>(PathOrder.Instance);
        foreach (var (path, cell) in system())
        {
            if (cell is { HasStopped: false }) Add(path);
        }

        // Steps are asked of their jobs one by one, so only of those that are wanted.
        var asked = new List<JobId>();
        foreach (var id in services.Registry.Ids)
        {
            if (found.Count > limit) break;
            var path = PathOf(id);
            Add(path);
            if (lowest >= LevelsOfSteps && IsWithin(path)) asked.Add(id);
        }

        foreach (var id in asked.TakeWhile(_ => found.Count <= limit))
        {
            foreach (var step in await StepsOf(id)) Add($"{PathOf(id)}/{step}");
        }

        return new ActorListing([.. found.Take(limit)], found.Count > limit);

        bool IsWithin(string path) => path == root || path.StartsWith(root + "/", StringComparison.Ordinal) || root.StartsWith(path + "/", StringComparison.Ordinal);

        // With what is above it: an actor's parents are there too.
        void Add(string path)
        {
            for (var end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
            {
                var part = path[..end];
                if (LevelOf(part) <= lowest && (part == root || part.StartsWith(root + "/", StringComparison.Ordinal))) found.Add(part);
            }
        }
    }

    private string PathOf(JobId id) => services.Shards.Owned is { } owned
        ? string.Create(CultureInfo.InvariantCulture, $"{Jobs}/{ShardSet.ShardOf(id, owned.ShardCount)}/{id}")
        : $"{Jobs}/0/{id}";

    private async Task<IReadOnlyList<string>> StepsOf(JobId id)
    {
        var message = new InspectMessage(tenant: null);
        if (services.Registry.Find(id)?.Tell(message) != true || await message.Reply is not { State: { } state }) return [];
        var steps = new List<string>();
        for (var i = 0; i < state.Steps.Length; i++)
        {
            var key = new StepKey(state.Plan.Steps[i].Id);
            if (state.Steps[i].IsExecuting) steps.Add(key.ToString());
            var items = state.Steps[i].FanOut?.Items;
            for (var item = 0; item < items?.Count; item++)
            {
                if (items[item].IsExecuting) steps.Add((key with { Item = item }).ToString());
            }
        }

        return steps;
    }

    private static int LevelOf(string path) => path.Count(character => character == '/');

    /// <summary>Parents before children, and shards by their numbers.</summary>
    private sealed class PathOrder : IComparer<string>
    {
        public static PathOrder Instance { get; } = new();

        public int Compare(string? x, string? y)
        {
            var (one, other) = (x!.Split('/'), y!.Split('/'));
            for (var i = 0; i < Math.Min(one.Length, other.Length); i++)
            {
                var order = int.TryParse(one[i], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && int.TryParse(other[i], NumberStyles.None, CultureInfo.InvariantCulture, out var second)
                    ? number.CompareTo(second)
                    : string.CompareOrdinal(one[i], other[i]);
                if (order != 0) return order;
            }

            return one.Length.CompareTo(other.Length);
        }
    }
}

/// <param name="Paths">In their order, parents before children.</param>
/// <param name="IsCut">True when there are more.</param>
public sealed record ActorListing(IReadOnlyList<string> Paths, bool IsCut);
