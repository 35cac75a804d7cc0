using System.Text.Json;
using System.Text.Json.Serialization;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Workers;

/// <summary>What a worker says of a task that it has.</summary>
/// <param name="Lease">The lease's text.</param>
/// <param name="Percent">0..100, if it knows.</param>
/// <param name="Checkpoint">Saved durably before the heartbeat is answered; the next attempt receives it. At most 64 KiB.</param>
public sealed record HeartbeatReport(string Lease, double? Percent, string? Message, JsonElement? Checkpoint);

[JsonConverter(typeof(KebabCaseEnumConverter<HeartbeatStatus>))]
public enum HeartbeatStatus
{
    /// <summary>The lease holds: go on.</summary>
    Ok,

    /// <summary>The job has ended, or the attempt's time is over: stop.</summary>
    Cancel,

    /// <summary>The lease does not hold any more: stop, somebody else may have the task.</summary>
    Lost,
}

/// <summary>The answer to one report.</summary>
/// <param name="ExpiresAt">When the lease ends without another heartbeat; null unless it holds, and while the server has just restarted.</param>
public sealed record HeartbeatReply(string Lease, HeartbeatStatus Status, DateTimeOffset? ExpiresAt);

/// <summary>What a worker hears to its answer, or to an upload.</summary>
public abstract record DeskReply
{
    private DeskReply()
    {
    }

    /// <summary>The answer is durable.</summary>
    /// <param name="Again">It had been given under this lease before.</param>
    public sealed record Accepted(bool Again) : DeskReply;

    /// <summary>The file is in the job's folder, under its name.</summary>
    public sealed record Stored(ArtifactReference Artifact) : DeskReply;

    /// <summary>There is no such lease for this tenant.</summary>
    public sealed record Unknown : DeskReply
    {
        public static Unknown Instance { get; } = new();
    }

    /// <summary>The lease does not hold any more; nothing was changed.</summary>
    /// <param name="Sentence">What became of it, for people.</param>
    /// <param name="JobStatus">The job's status now, if the journal was asked.</param>
    /// <param name="EndedBy">The stable name of the event that ended the lease, if one did.</param>
    public sealed record Lost(string Sentence, JobStatus? JobStatus = null, string? EndedBy = null) : DeskReply;

    /// <summary>The lease holds, but the server cannot take the answer now: it has just started, or it stops. Give it again in a moment.</summary>
    public sealed record NotYet : DeskReply
    {
        public static NotYet Instance { get; } = new();
    }

    /// <summary>The answer itself is wrong. The lease still holds: mend it and give it again.</summary>
    public sealed record Refused(AnswerFault Fault, string Message) : DeskReply;
}

/// <summary>What is wrong with an answer or a file.</summary>
public enum AnswerFault
{
    OutputTooLarge,

    /// <summary>A file that the answer names, or that the workflow declares, was not uploaded.</summary>
    FileMissing,
    FileTooLarge,
    PathNotAllowed,
    StorageFull,
}

/// <summary>A file that a completed task names.</summary>
/// <param name="Name">What it is called in the job; its path if null.</param>
/// <param name="Path">Relative to the job's folder, as it was uploaded.</param>
public sealed record NamedArtifact(string? Name, string Path);
