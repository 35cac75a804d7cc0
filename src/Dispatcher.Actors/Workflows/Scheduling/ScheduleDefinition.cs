using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows.Scheduling;

/// <summary>When jobs of what are made, as somebody asked for it. Without <see cref="Cron"/> and <see cref="At"/> it fires only when somebody says so.</summary>
public sealed record ScheduleDefinition
{
    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    public string? Description { get; init; }

    /// <summary>A cron expression: <see cref="CronExpression"/>.</summary>
    public string? Cron { get; init; }

    /// <summary>Fires once, at this time.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>The IANA zone whose wall clock the expression means.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>The first instant at which it may fire.</summary>
    public DateTimeOffset? StartAt { get; init; }

    /// <summary>From this instant on it does not fire any more.</summary>
    public DateTimeOffset? EndAt { get; init; }

    /// <summary>False: it does not fire by itself.</summary>
    public bool Enabled { get; init; } = true;

    public SchedulePause? Pause { get; init; }

    public OverlapPolicy Overlap { get; init; }

    public CatchUpPolicy CatchUp { get; init; }

    /// <summary>Each firing is late by up to this time, the same for one id and due time wherever it is computed.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Ids of schedules of which each must have had a run that completed since the last run of this one began.</summary>
    public ImmutableArray<string> DependsOn { get; init; } = [];

    /// <summary>With <see cref="At"/>: what ends the schedule before it has fired.</summary>
    public ImmutableArray<ScheduleCancel> CancelOn { get; init; } = [];

    public ScheduleTarget Target { get; init; } = new();

    /// <summary>The jobs' input, or the pattern's parameters; texts may hold <c>${schedule.due}</c> and the like.</summary>
    public JsonElement? Input { get; init; }

    public ImmutableSortedDictionary<string, string>? Labels { get; init; }

    public int Priority { get; init; }

    public CallbackSpec? Callback { get; init; }

    /// <summary>How long after its creation a schedule that is over is archived; null: never.</summary>
    public TimeSpan? ArchiveAfter { get; init; }

    /// <summary>How long after its creation a schedule that is over is deleted; null: never.</summary>
    public TimeSpan? DeleteAfter { get; init; }

    /// <summary>What the owner keeps with it; means nothing to the engine.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>The request that it was translated from, where that was another interface's than the engine's own; that interface's, and means nothing to the engine.</summary>
    public JsonElement? Original { get; init; }

    /// <summary>Whether two definitions fire at the same times.</summary>
    public bool HasSameTimes(ScheduleDefinition other) =>
        Cron == other.Cron && At == other.At && TimeZone == other.TimeZone && StartAt == other.StartAt && EndAt == other.EndAt
        && Enabled == other.Enabled && Pause?.Until == other.Pause?.Until && Pause is null == other.Pause is null && Jitter == other.Jitter;
}

/// <summary>What a firing makes a job of: a workflow, a pattern, or a definition that the schedule brought itself.</summary>
/// <param name="Workflow">A name in the tenant's registry.</param>
/// <param name="Version">Of the workflow; the newest at each firing if null.</param>
/// <param name="Pattern">A pattern's id.</param>
/// <param name="PatternVersion">The newest at each firing if null.</param>
/// <param name="Pinned">A definition that is stored by its hash.</param>
public sealed record ScheduleTarget(
    string? Workflow = null, int? Version = null, string? Pattern = null, int? PatternVersion = null, WorkflowReference? Pinned = null);

/// <summary>It does not fire by itself for a while.</summary>
/// <param name="Until">When it goes on by itself; null: when somebody resumes it.</param>
public sealed record SchedulePause(DateTimeOffset? Until = null, string? Reason = null, string? By = null)
{
    /// <summary>False when its time has passed.</summary>
    public bool HoldsAt(DateTimeOffset now) => Until is not { } until || until > now;
}

/// <summary>What happens when it is due and its last run has not ended.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<OverlapPolicy>))]
public enum OverlapPolicy
{
    /// <summary>Runs side by side.</summary>
    Allow,

    /// <summary>The firing is left out.</summary>
    Skip,

    /// <summary>One firing waits for the end of the run; further ones are left out.</summary>
    BufferOne,
}

/// <summary>What happens to firings that came due while nobody could fire them.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<CatchUpPolicy>))]
public enum CatchUpPolicy
{
    /// <summary>One run makes up for all of them, and says so.</summary>
    One,

    /// <summary>They are left out.</summary>
    Skip,

    /// <summary>Each is made up for, one after the other.</summary>
    All,
}
