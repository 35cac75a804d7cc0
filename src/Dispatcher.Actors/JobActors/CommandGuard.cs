using Dispatcher.Jobs;

namespace Dispatcher.JobActors;

/// <summary>What must hold of a job for a command to be given to it at all.</summary>
/// <param name="Tenant">Whose job it must be; another's is answered exactly as one that does not exist. Null asks for no tenant.</param>
/// <param name="ExpectedVersion">The sequence number that the job must have; null takes any.</param>
public sealed record CommandGuard(string? Tenant, long? ExpectedVersion)
{
    /// <summary>Why the command may not be given; null if it may.</summary>
    internal Rejection? Check(JobState state)
    {
        if (state.Status == JobStatus.None || !MaySee(state.Spec.Tenant)) return NotFound(state.Id);
        return ExpectedVersion is { } expected && expected != state.SequenceNr
            ? new Rejection("version-conflict", $"The job is at version {state.SequenceNr} and {state.Status.ToText()}; the command was meant for version {expected}.")
            : null;
    }

    internal bool MaySee(string tenant) => Tenant is null || string.Equals(Tenant, tenant, StringComparison.Ordinal);

    internal static Rejection NotFound(JobId id) => new("not-found", $"There is no job {id}.");
}
