using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Web.Admin;

/// <summary>All shards, in their order.</summary>
/// <param name="Shards">How many there are.</param>
internal sealed record ShardListView(int Shards, IReadOnlyList<ShardView> Items)
{
    public static ShardListView Of(ClusterView view)
    {
        var pins = view.Pins.Where(pin => view.Find(pin.Target) is not null).Select(pin => pin.Shard).ToHashSet();
        var waiting = view.ShardsWithCommands.ToHashSet();
        return new ShardListView(view.Owners.Length, [.. Enumerable.Range(0, view.Owners.Length).Select(shard => new ShardView(
            shard,
            ClusterDesk.NameOf(view, view.Owners[shard]),
            view.Owners[shard],
            view.Epochs[shard],
            view.Targets[shard] != view.Owners[shard] ? ClusterDesk.NameOf(view, view.Targets[shard]) : null,
            pins.Contains(shard),
            waiting.Contains(shard)))]);
    }
}

/// <summary>One shard.</summary>
/// <param name="Owner">The node that runs its jobs; absent while nobody does.</param>
/// <param name="Incarnation">The life of that node.</param>
/// <param name="Epoch">How many owners it has had: the fencing token of what runs there.</param>
/// <param name="Target">The node to which it moves, if it moves.</param>
/// <param name="Pinned">An operator has put it there, and no balance moves it.</param>
/// <param name="HasCommands">Commands for its jobs wait.</param>
internal sealed record ShardView(int Shard, string? Owner, long? Incarnation, long Epoch, string? Target, bool Pinned, bool HasCommands);

/// <summary>Where a shard is to go.</summary>
internal sealed record ShardMoveRequest
{
    /// <summary>A node's name, its incarnation, its address, or self.</summary>
    public required string Node { get; init; }
}

/// <summary>A shard that is to move.</summary>
/// <param name="From">The node that has it now, if one does.</param>
/// <param name="To">The node that is to have it, and keeps it as long as it lives.</param>
internal sealed record ShardMoveView(int Shard, string? From, string To, long Incarnation);

/// <summary>A wish for evenness.</summary>
/// <param name="Most">Shards of the node that has most.</param>
/// <param name="Least">Shards of the node that has fewest.</param>
/// <param name="FreedPins">Shards that operators had put somewhere, and that may move again.</param>
internal sealed record RebalanceView(int Most, int Least, int FreedPins);

/// <summary>What a check of the store has found.</summary>
/// <param name="Sound">No fault was found.</param>
/// <param name="Epochs">Owners that the shards have had, all together.</param>
/// <param name="OutsideEvents">Events of processes that were no members of the cluster, such as imported ones.</param>
/// <param name="Problems">How often each fault was found.</param>
/// <param name="Faults">The first thousand of them.</param>
internal sealed record VerificationView(
    bool Sound, long Jobs, long Events, int Shards, long Epochs, long OutsideEvents, IReadOnlyDictionary<string, long> Problems, IReadOnlyList<VerificationFaultView> Faults)
{
    public static VerificationView Of(ClusterCheck check) => new(
        check.IsSound, check.Jobs, check.Events, check.Shards, check.Epochs, check.Outside, check.Counts,
        [.. check.Faults.Select(fault => new VerificationFaultView(fault.Problem, fault.Shard, fault.Job, fault.Detail))]);
}

/// <param name="Problem">A stable word.</param>
/// <param name="Detail">What is wrong, with the values.</param>
internal sealed record VerificationFaultView(string Problem, int? Shard, JobId? JobId, string Detail);

/// <summary>Where a job is.</summary>
/// <param name="State">owned, moving or unowned.</param>
/// <param name="Owner">The node that runs it.</param>
/// <param name="Epoch">How many owners its shard has had.</param>
/// <param name="Target">The node to which its shard moves, if it moves.</param>
/// <param name="Sentence">The same for people.</param>
internal sealed record JobLocationView(JobId JobId, int Shard, string State, string? Owner, long? Incarnation, string? Address, long Epoch, string? Target, string Sentence);
