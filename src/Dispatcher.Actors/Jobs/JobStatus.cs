using System.Text.Json.Serialization;

namespace Dispatcher.Jobs;

/// <summary>Where a job is in its life. The allowed moves are drawn in docs/state-machine.md.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<JobStatus>))]
public enum JobStatus
{
    /// <summary>No event yet: the state from which a submission is decided.</summary>
    None,

    /// <summary>Waits for somebody's approval.</summary>
    Pending,
    Approved,

    /// <summary>Waits for its start time.</summary>
    Scheduled,

    /// <summary>Waits for other jobs to end.</summary>
    Waiting,

    /// <summary>May run; no step has started yet.</summary>
    Queued,
    Running,
    Paused,

    /// <summary>Was failed; somebody restarted it from a step, none of which has started yet.</summary>
    Recovering,
    Completed,

    /// <summary>Final unless somebody recovers it.</summary>
    Failed,
    Cancelled,
}

[JsonConverter(typeof(KebabCaseEnumConverter<StepStatus>))]
public enum StepStatus
{
    Pending,

    /// <summary>Ready, and waits for the admission point.</summary>
    Queued,
    Running,

    /// <summary>Failed and will be tried again at a recorded time.</summary>
    Retrying,
    Completed,
    Failed,
    Skipped,
    Cancelled,
}

public static class StatusExtensions
{
    /// <summary>True when nothing more happens by itself; <see cref="JobStatus.Failed"/> can still be recovered by command.</summary>
    public static bool IsTerminal(this JobStatus status) => status is JobStatus.Completed or JobStatus.Failed or JobStatus.Cancelled;

    /// <summary>True while steps may be started.</summary>
    public static bool MayStartSteps(this JobStatus status) => status is JobStatus.Queued or JobStatus.Running or JobStatus.Recovering;

    public static bool IsTerminal(this StepStatus status) =>
        status is StepStatus.Completed or StepStatus.Failed or StepStatus.Skipped or StepStatus.Cancelled;

    /// <summary>The status as it is written in JSON, tables and logs: lower case with dashes.</summary>
    public static string ToText<TEnum>(this TEnum value) where TEnum : struct, Enum => KebabCaseEnumConverter<TEnum>.Text(value);
}
