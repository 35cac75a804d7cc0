using Dispatcher.Jobs;

namespace Dispatcher.JobActors;

/// <summary>What the giver of a command hears, after everything it tells of is durable.</summary>
public abstract record CommandReply
{
    private CommandReply()
    {
    }

    /// <summary>The command has taken effect, or its effect was there already.</summary>
    /// <param name="JobId">The job.</param>
    /// <param name="Status">Its status now.</param>
    /// <param name="SequenceNr">Its version now.</param>
    /// <param name="Changed">False when nothing had to happen.</param>
    public sealed record Done(JobId JobId, JobStatus Status, long SequenceNr, bool Changed) : CommandReply;

    /// <summary>A submission's idempotency key belongs to this job already; nothing new was made.</summary>
    public sealed record Duplicate(JobId Existing) : CommandReply;

    /// <summary>The law refuses; nothing happened.</summary>
    public sealed record Refused(Rejection Rejection) : CommandReply;

    /// <summary>The node or its store cannot answer now. The command may or may not have taken effect: ask again.</summary>
    public sealed record Unavailable(string Cause) : CommandReply;
}
