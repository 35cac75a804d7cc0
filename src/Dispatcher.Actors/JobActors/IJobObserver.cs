using Dispatcher.Jobs;

namespace Dispatcher.JobActors;

/// <summary>
/// Hears of jobs, after the fact: everything told here is durable but progress. Called inside job actors, so it must be quick and must not throw.
/// </summary>
public interface IJobObserver
{
    /// <summary>Events were committed; the state is the one after them.</summary>
    /// <param name="events">In order; the last one has the state's sequence number.</param>
    void Committed(JobState state, IReadOnlyList<JobEvent> events);

    /// <summary>A running step is this far; at most ten times a second a job.</summary>
    void Progressed(JobState state, StepKey step, double percent, string? message);

    /// <summary>A job has left memory and wants to be loaded at this time.</summary>
    void SleepsUntil(JobId id, DateTimeOffset wakeAt);
}
