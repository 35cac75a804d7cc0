using Dispatcher.Jobs;

namespace Dispatcher.Store;

/// <summary>One job's write: what it adds to its journal, and what goes into the same transaction.</summary>
/// <param name="JobId">Whose events these are.</param>
/// <param name="ExpectedSequenceNr">The sequence number of the job's last event so far; 0 for a new job.</param>
/// <param name="Events">They get the numbers after the expected one. None only in an append that consumes messages or writes only the row.</param>
public sealed record AppendRequest(JobId JobId, long ExpectedSequenceNr, IReadOnlyList<EncodedEvent> Events)
{
    /// <summary>Whose job it is and what it runs: what listeners of the journal choose by.</summary>
    public JobAddress Address { get; init; } = JobAddress.Unknown;

    /// <summary>
    /// The status that the job's row had before; <see cref="JobStatus.None"/> for a new job. Counters, ends and watchers go by it, and the store takes
    /// it as true: whoever appends at the right sequence number knows it.
    /// </summary>
    public JobStatus StatusBefore { get; init; }

    /// <summary>
    /// Jobs of whose end this one wants to hear. One that has ended already sends its message in this very transaction; one that ends
    /// later sends it in the transaction of its own end. So none is missed, and none is told twice.
    /// </summary>
    public IReadOnlyList<Watch> Watches { get; init; } = [];

    /// <summary>The job whose step makes this one: it watches it (<see cref="WatchKind.Child"/>) from this append on, which is the first.</summary>
    public JobId? ChildOf { get; init; }

    /// <summary>Messages to other jobs, written with the events that caused them. One to a job that has ended, or is not stored, is dropped.</summary>
    public IReadOnlyList<NewMessage> Messages { get; init; } = [];

    /// <summary>
    /// Messages that took effect with these events; deleted with them. Comes with the row, since the mail had made the job due: while mail is left the job
    /// stays due whatever the row says, and afterwards its wake-up time is the row's again.
    /// </summary>
    public IReadOnlyList<long> ConsumedMessages { get; init; } = [];

    /// <summary>
    /// Answers to commands that other nodes gave for this job and that took effect with these events: <see cref="IClusterStore"/>. A command that was answered
    /// before makes the whole append fail, so none has its effect twice.
    /// </summary>
    public IReadOnlyList<CommandAnswer> Answers { get; init; } = [];

    /// <summary>What watchers are told when these events end the job: UTF-8 JSON of its output or failure; empty otherwise.</summary>
    public ReadOnlyMemory<byte> EndNote { get; init; }

    /// <summary>
    /// By what a new job is found: its workflow's name, <c>label=value</c> pairs, words. Lower case, each once; only with the row of the first append. The
    /// workflow's name is a term of each job even if it is not here.
    /// </summary>
    public IReadOnlyList<string> Terms { get; init; } = [];

    /// <summary>Callbacks to be sent because of these events.</summary>
    public IReadOnlyList<NewDelivery> Deliveries { get; init; } = [];

    /// <summary>The job's row in the read model, if what lists and recovery need has changed; null leaves the row as it is.</summary>
    public JobRow? Row { get; init; }

    /// <summary>Keys that nobody may have claimed before; written with the events.</summary>
    public IReadOnlyList<Claim> Claims { get; init; } = [];

    /// <summary>
    /// What these events mean for its tenant's account of a meter, in their order: all of one account. A reservation that is refused refuses the whole append; orders that
    /// find nothing to settle or release change nothing, since a job must be able to end.
    /// </summary>
    public IReadOnlyList<QuotaOrder> Quota { get; init; } = [];

    /// <summary>The job's state as of the last of these events, to shorten later replays.</summary>
    public EncodedSnapshot? Snapshot { get; init; }

    /// <summary>When it happened: the time of its last event, or of its row.</summary>
    internal DateTimeOffset At => Events.Count > 0 ? Events[^1].At : Row?.UpdatedAt ?? DateTimeOffset.UnixEpoch;
}

/// <summary>An event as it is stored.</summary>
/// <param name="Type">The stable name, at most 40 characters.</param>
/// <param name="At">When it happened.</param>
/// <param name="Payload">UTF-8 JSON, without type and time.</param>
public readonly record struct EncodedEvent(string Type, DateTimeOffset At, ReadOnlyMemory<byte> Payload);

/// <summary>A job's state as UTF-8 JSON, with the version of its form; one of another version is not used.</summary>
public sealed record EncodedSnapshot(int Version, ReadOnlyMemory<byte> Payload);

/// <summary>A key that belongs to one job for ever: an idempotency key.</summary>
/// <param name="Fingerprint">A hash of what was asked for, so that a second request with the key can be told to be the same; null if that does not matter.</param>
public sealed record Claim(string Kind, string Key, string? Fingerprint = null)
{
    /// <summary>The claim of a tenant's job on its idempotency key.</summary>
    public static Claim OnKey(string tenant, string key, string? fingerprint = null) => new("idempotency", $"{tenant}/{key}", fingerprint);
}

/// <summary>How an append ended.</summary>
public abstract record AppendResult
{
    private AppendResult()
    {
    }

    /// <summary>Durable.</summary>
    /// <param name="FirstOrdering">The place of the first event in the journal; the others follow it without gap. 0 without events.</param>
    /// <param name="Woken">
    /// Jobs for which messages were written, each once: they have mail in their inbox now. The job itself is among them when it watches one that has ended.
    /// </param>
    public sealed record Appended(long FirstOrdering, IReadOnlyList<JobId> Woken) : AppendResult
    {
        public Appended(long firstOrdering) : this(firstOrdering, [])
        {
        }
    }

    /// <summary>Nothing was written.</summary>
    /// <param name="ActualSequenceNr">The job's last sequence number in the store.</param>
    /// <param name="Claim">The claim that was taken, if that was the reason, and by whom.</param>
    /// <param name="ClaimedBy">The job that holds the claim.</param>
    /// <param name="ClaimedAs">The fingerprint with which it was claimed, if any.</param>
    public sealed record Conflict(long ActualSequenceNr, Claim? Claim, JobId? ClaimedBy, string? ClaimedAs = null) : AppendResult;

    /// <summary>Nothing was written: the tenant has not enough of a meter. Of a reservation and a conflict in one append, the conflict is told.</summary>
    public sealed record QuotaRefused(QuotaShortage Shortage) : AppendResult;

    public sealed record Fenced : AppendResult
    {
        public static Fenced Instance { get; } = new();
    }

    /// <summary>The write may have landed.</summary>
    /// <param name="Cause">What went wrong, for an operator: <c>the disk is full</c>.</param>
    public sealed record Unknown(string Cause) : AppendResult
    {
        /// <summary>True when there was no room on the disk: it goes on by itself once there is.</summary>
        public bool IsDiskFull { get; init; }
    }
}
