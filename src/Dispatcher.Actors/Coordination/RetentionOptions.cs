using Dispatcher.Jobs;

namespace Dispatcher.Coordination;

/// <summary>How long jobs that have ended are kept; each setting is explained in hocon/reference.conf. As it stands nothing is deleted.</summary>
public sealed record RetentionOptions
{
    /// <summary>Null keeps them for ever.</summary>
    public TimeSpan? CompletedAfter { get; init; }

    /// <summary>Null keeps them for ever.</summary>
    public TimeSpan? FailedAfter { get; init; }

    /// <summary>Null keeps them for ever.</summary>
    public TimeSpan? CancelledAfter { get; init; }

    /// <summary>From the end of one sweep to the next.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Jobs that one transaction deletes, 1..1000.</summary>
    public int BatchLimitJobs { get; init; } = 100;

    /// <summary>True when something is ever deleted.</summary>
    public bool DeletesAnything => (CompletedAfter ?? FailedAfter ?? CancelledAfter) is not null;

    /// <summary>The shortest of the three.</summary>
    public TimeSpan ShortestAge => new[] { CompletedAfter, FailedAfter, CancelledAfter }.Min() ?? TimeSpan.MaxValue;

    public TimeSpan? AgeOf(JobStatus status) => status switch
    {
        JobStatus.Completed => CompletedAfter,
        JobStatus.Failed => FailedAfter,
        JobStatus.Cancelled => CancelledAfter,
        _ => null,
    };
}
