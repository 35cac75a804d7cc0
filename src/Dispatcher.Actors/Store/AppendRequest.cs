using Dispatcher.Jobs;

namespace Dispatcher.Store;

/// <summary>One job's write: what it adds to its journal, and what goes into the same transaction.</summary>
/// <param name="JobId">Whose events these are.</param>
/// <param name="ExpectedSequenceNr">The sequence number of the job's last event so far; 0 for a new job.</param>
/// <param name="Events">At least one; they get the numbers after the expected one.</param>
public sealed record AppendRequest(JobId JobId, long ExpectedSequenceNr, IReadOnlyList<EncodedEvent> Events)
{
    /// <summary>The job's row in the read model, if what lists and recovery need has changed; null leaves the row as it is.</summary>
    public JobRow? Row { get; init; }

    /// <summary>Keys that nobody may have claimed before; written with the events.</summary>
    public IReadOnlyList<Claim> Claims { get; init; } = [];

    /// <summary>The job's state as of the last of these events, to shorten later replays.</summary>
    public EncodedSnapshot? Snapshot { get; init; }
}

/// <summary>An event as it is stored.</summary>
/// <param name="Type">The stable name, at most 40 characters.</param>
/// <param name="At">When it happened.</param>
/// <param name="Payload">UTF-8 JSON, without type and time.</param>
public readonly record struct EncodedEvent(string Type, DateTimeOffset At, ReadOnlyMemory<byte> Payload);

/// <summary>A job's state as UTF-8 JSON, with the version of its form; one of another version is not used.</summary>
public sealed record EncodedSnapshot(int Version, ReadOnlyMemory<byte> Payload);

/// <summary>A key that belongs to one job for ever: an idempotency key (<c>kind = idempotency</c>, key = tenant and key).</summary>
public sealed record Claim(string Kind, string Key);

/// <summary>How an append ended.</summary>
public abstract record AppendResult
{
    private AppendResult()
    {
    }

    public sealed record Appended : AppendResult
    {
        public static Appended Instance { get; } = new();
    }

    /// <summary>Nothing was written.</summary>
    /// <param name="ActualSequenceNr">The job's last sequence number in the store.</param>
    /// <param name="Claim">The claim that was taken, if that was the reason, and by whom.</param>
    /// <param name="ClaimedBy">The job that holds the claim.</param>
    public sealed record Conflict(long ActualSequenceNr, Claim? Claim, JobId? ClaimedBy) : AppendResult;

    public sealed record Fenced : AppendResult
    {
        public static Fenced Instance { get; } = new();
    }

    /// <summary>The write may have landed.</summary>
    /// <param name="Cause">What went wrong, for an operator: <c>the disk is full</c>.</param>
    public sealed record Unknown(string Cause) : AppendResult;
}
