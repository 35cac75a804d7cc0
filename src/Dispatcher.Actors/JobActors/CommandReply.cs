using System.Collections.Immutable;
using Dispatcher.Jobs;

namespace Dispatcher.JobActors;

/// <summary>What the giver of a command hears, after everything it tells of is durable.</summary>
public abstract record CommandReply
{
    private CommandReply()
    {
    }

    /// <summary>The command has taken effect, or its effect was there already.</summary>
    /// <param name="State">The job after it.</param>
    /// <param name="Changed">False when nothing had to happen.</param>
    public sealed record Done(JobState State, bool Changed) : CommandReply
    {
        public JobId JobId => State.Id;

        public JobStatus Status => State.Status;

        /// <summary>The job's version.</summary>
        public long SequenceNr => State.SequenceNr;
    }

    /// <summary>A submission's idempotency key belongs to this job already; nothing new was made.</summary>
    /// <param name="SameRequest">False when that job was asked for with another request.</param>
    public sealed record Duplicate(JobId Existing, bool SameRequest) : CommandReply;

    /// <summary>The law refuses, or the command was meant for another version or another tenant's job; nothing happened.</summary>
    /// <param name="State">The job as it is; null when there is none that the giver may see.</param>
    public sealed record Refused(Rejection Rejection, JobState? State = null) : CommandReply
    {
        public JobStatus? Status => State?.Status;

        /// <summary>The job's version.</summary>
        public long? SequenceNr => State?.SequenceNr;

        /// <summary>What the job allows now: <see cref="AllowedCommands"/>.</summary>
        public ImmutableArray<string> Allowed => State is null ? [] : AllowedCommands.Of(State);
    }

    /// <summary>
    /// The command is durable and waits for the node that owns the job; its outcome is not known yet. It takes effect exactly once, or is refused then.
    /// </summary>
    public sealed record Accepted(JobId JobId) : CommandReply;

    /// <summary>The node or its store cannot answer now. The command may or may not have taken effect: ask again.</summary>
    public sealed record Unavailable(string Cause) : CommandReply
    {
        /// <summary>True when the reason is that there is no room on the disk.</summary>
        public bool IsDiskFull { get; init; }
    }
}
