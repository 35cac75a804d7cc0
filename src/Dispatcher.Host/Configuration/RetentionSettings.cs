namespace Dispatcher.Host.Configuration;

/// <summary><c>dispatcher.retention</c></summary>
public sealed record RetentionSettings
{
    /// <summary>Null = never.</summary>
    public TimeSpan? CompletedAfter { get; init; }

    /// <summary>Null = never.</summary>
    public TimeSpan? FailedAfter { get; init; }

    /// <summary>Null = never.</summary>
    public TimeSpan? CancelledAfter { get; init; }

    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromHours(1);

    public int BatchLimitJobs { get; init; } = 100;

    internal static RetentionSettings From(CheckedSettings settings) => new()
    {
        CompletedAfter = settings.OptionalDuration("dispatcher.retention.completed-after"),
        FailedAfter = settings.OptionalDuration("dispatcher.retention.failed-after"),
        CancelledAfter = settings.OptionalDuration("dispatcher.retention.cancelled-after"),
        SweepInterval = settings.Duration("dispatcher.retention.sweep-interval"),
        BatchLimitJobs = settings.Integer("dispatcher.retention.batch-limit-jobs"),
    };
}
