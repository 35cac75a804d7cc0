using System.Collections.Immutable;
using Dispatcher.Jobs;
using Dispatcher.Kernel;

namespace Dispatcher.Store;

/// <summary>
/// What the nodes of a cluster share beside the jobs: who lives, who owns which shard, who coordinates, and commands for jobs that another node owns. All of
/// it is fenced: a node that was declared dead changes nothing here.
/// </summary>
public interface IClusterStore : IAdmissionStore, IClusterOperations
{
    /// <summary>The number of this node's life.</summary>
    long Incarnation { get; }

    /// <summary>Over how many shards jobs are spread.</summary>
    int ShardCount { get; }

    /// <summary>What the database's clock showed when the store was opened: the time of the whole cluster.</summary>
    ClockReading Clock { get; }

    /// <summary>Begins to give signs of life, on a connection and a thread of its own, until the result is disposed.</summary>
    IClusterSession BeginSession(IClusterListener listener, TimeSpan interval);

    /// <summary>Becomes the coordinator if there is none.</summary>
    /// <returns>The epoch of the term; null if another was quicker.</returns>
    ValueTask<long?> TakeLead();

    /// <summary>
    /// Ends a node's right to write for ever, when it was silent for longer than the one time, or is out of its session and was silent for longer than the other. Its
    /// shards belong to nobody afterwards.
    /// </summary>
    /// <returns>False when the evidence does not hold, or it was dead already.</returns>
    ValueTask<bool> DeclareDead(long incarnation, TimeSpan silentFor, TimeSpan outOfSessionFor);

    /// <summary>The same without evidence: an operator knows.</summary>
    ValueTask<bool> DeclareDead(long incarnation);

    /// <summary>Says who is to own shards; only for the coordinator of that term.</summary>
    /// <returns>False when the term is over.</returns>
    ValueTask<bool> Assign(long term, IReadOnlyList<ShardMove> moves);

    /// <summary>Takes all shards that are meant for this node and belong to nobody.</summary>
    ValueTask<IReadOnlyList<OwnedShard>> Acquire();

    /// <summary>Gives shards back, after the last append for each.</summary>
    ValueTask Release(IReadOnlyCollection<int> shards);

    /// <summary>What the operator wants of a node; the coordinator sees to it.</summary>
    /// <returns>False when there is no such node alive.</returns>
    ValueTask<bool> Wish(long incarnation, NodeWish wish);

    /// <summary>Gives up all shards and the right to write.</summary>
    ValueTask Leave();

    /// <summary>The cluster as it is, for whoever asks.</summary>
    ValueTask<ClusterView> ReadCluster();

    /// <summary>Makes a command durable; its owner is told of it.</summary>
    /// <returns>Its number, by which the answer is known.</returns>
    ValueTask<long> GiveCommand(NewClusterCommand command);

    /// <summary>Commands of these shards that have no answer yet, in the order in which they were given.</summary>
    ValueTask<IReadOnlyList<ClusterCommand>> ReadCommands(ShardSet shards, int limit);

    /// <summary>Answers a command that changed nothing; one that changed something was answered by its append.</summary>
    ValueTask AnswerCommand(CommandAnswer answer);

    /// <summary>Takes away the answers to this node's commands.</summary>
    ValueTask<IReadOnlyList<CommandAnswer>> TakeAnswers();

    /// <summary>Jobs that have had mail for a while, oldest first: a hint got lost, or their node did.</summary>
    ValueTask<IReadOnlyList<JobId>> ReadLateMail(int limit);

    /// <summary>Another node may have written: those who listen to the journal are told of it soon.</summary>
    /// <param name="head">The newest place of the journal, if it is known; null after a hint.</param>
    void JournalMoved(long? head);

    /// <summary>What somebody has to do now and then: makes room for the coming months, and removes answers that nobody has taken away.</summary>
    ValueTask Upkeep();

    /// <summary>Hints to other nodes, soon and together with others; what they are about is in the store whether they arrive or not.</summary>
    void Hint(ClusterHint hint);
}

/// <summary>A node's line to the cluster. Disposed, it ends: the others take that for a crash unless the node has left.</summary>
public interface IClusterSession : IDisposable
{
    /// <summary>Gives the next sign of life now.</summary>
    void BeatSoon();

    /// <summary>Gives none any more, from now on; returns at once.</summary>
    void FallSilent();
}

/// <summary>Is told on the session's thread, so it must be quick.</summary>
public interface IClusterListener
{
    /// <summary>What the node tells of itself with its next sign of life: a JSON object.</summary>
    string Facts();

    /// <summary>A sign of life was given.</summary>
    /// <param name="view">The cluster; null when this node was declared dead.</param>
    /// <param name="startedAt">The monotonic time before it was sent.</param>
    void Beaten(ClusterView? view, long startedAt);

    /// <summary>No sign of life could be given.</summary>
    void BeatFailed(Exception failure);

    void Hinted(ClusterHint hint);
}

/// <summary>What a node hears from others between two signs of life.</summary>
/// <param name="To">The incarnation that it is for; null: all.</param>
/// <param name="Jobs">For <see cref="ClusterHintKind.Mail"/>.</param>
/// <param name="About">For <see cref="ClusterHintKind.Places"/> the stage; for <see cref="ClusterHintKind.Schedules"/> the change, if people follow them.</param>
public sealed record ClusterHint(ClusterHintKind Kind, long? To = null, ImmutableArray<JobId> Jobs = default, string? About = null);

public enum ClusterHintKind
{
    /// <summary>Nodes or shards have changed.</summary>
    Map,

    /// <summary>There are commands for the receiver.</summary>
    Commands,

    /// <summary>There are answers for the receiver.</summary>
    Answers,

    /// <summary>Jobs of the receiver have mail.</summary>
    Mail,

    /// <summary>The journal has grown.</summary>
    Journal,

    /// <summary>Callbacks are due that were not a moment ago.</summary>
    Callbacks,

    /// <summary>Places of a stage have come free, or another node has begun to wait for some. The database itself tells of it.</summary>
    Places,

    /// <summary>A schedule was changed, or a run of one has ended.</summary>
    Schedules,
}

/// <summary>What an operator wants of a node.</summary>
public enum NodeWish
{
    None,

    /// <summary>It hands its shards over and stays.</summary>
    Drain,

    /// <summary>It hands its shards over and ends.</summary>
    Leave,
}

/// <summary>The cluster at one instant, by the database's clock.</summary>
public sealed record ClusterView
{
    /// <summary>The coordinator's incarnation; null when there is none.</summary>
    public long? Leader { get; init; }

    /// <summary>The number of the coordinator's term.</summary>
    public long LeaderEpoch { get; init; }

    /// <summary>The nodes that may write and have given a sign of life.</summary>
    public ImmutableArray<ClusterNode> Nodes { get; init; } = [];

    /// <summary>Who owns each shard; null: nobody.</summary>
    public ImmutableArray<long?> Owners { get; init; } = [];

    /// <summary>How many owners each shard has had.</summary>
    public ImmutableArray<long> Epochs { get; init; } = [];

    /// <summary>Who is to own each shard.</summary>
    public ImmutableArray<long?> Targets { get; init; } = [];

    /// <summary>What the database's clock shows, in microseconds since 1970.</summary>
    public long NowUs { get; init; }

    /// <summary>How often keys or workflows were changed.</summary>
    public long Registry { get; init; }

    /// <summary>Shards that operators want with a node, whatever the balance; a node that does not live any more may still stand here.</summary>
    public ImmutableArray<ShardMove> Pins { get; init; } = [];

    /// <summary>The newest wish of an operator that shards be spread evenly; null when there is none.</summary>
    public long? Rebalance { get; init; }

    /// <summary>The place of the newest event that can be seen.</summary>
    public long? Head { get; init; }

    /// <summary>Shards for which commands wait.</summary>
    public ImmutableArray<int> ShardsWithCommands { get; init; } = [];

    /// <summary>True when some job has had mail for a while.</summary>
    public bool HasLateMail { get; init; }

    /// <summary>Stages in which a node needs more places than it holds, so that others should look whether they hold more than their part.</summary>
    public ImmutableArray<string> ShortStages { get; init; } = [];

    public ClusterNode? Find(long incarnation) => Nodes.FirstOrDefault(node => node.Incarnation == incarnation);
}

/// <summary>A node that lives.</summary>
public sealed record ClusterNode
{
    public required long Incarnation { get; init; }

    public required string Name { get; init; }

    /// <summary>Where it answers people.</summary>
    public string Address { get; init; } = "";

    public string Version { get; init; } = "";

    public NodeWish Wish { get; init; }

    /// <summary>Milliseconds since its last sign of life.</summary>
    public double SilentMs { get; init; }

    /// <summary>False when its session has ended: it crashed, or has lost its connection.</summary>
    public bool InSession { get; init; }

    /// <summary>What it tells of itself.</summary>
    public System.Text.Json.JsonElement Facts { get; init; }
}

/// <summary>A shard is to have another owner.</summary>
public readonly record struct ShardMove(int Shard, long Target);

/// <summary>A shard that a node has taken.</summary>
/// <param name="Epoch">How many owners it has had, this one counted: the fencing token of what runs there.</param>
public readonly record struct OwnedShard(int Shard, long Epoch);

/// <param name="Kind">A stable word.</param>
public sealed record NewClusterCommand(JobId Job, string Kind, ReadOnlyMemory<byte> Payload);

/// <param name="Sender">The incarnation that waits for the answer.</param>
public sealed record ClusterCommand(long Id, JobId Job, long Sender, string Kind, ReadOnlyMemory<byte> Payload);

/// <param name="Command">The command's number.</param>
/// <param name="Answer">Not empty.</param>
public sealed record CommandAnswer(long Command, ReadOnlyMemory<byte> Answer);
