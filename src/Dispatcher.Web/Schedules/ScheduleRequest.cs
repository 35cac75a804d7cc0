using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Web.Jobs.Creating;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Dispatcher.Workflows;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Web.Schedules;

/// <summary>A schedule as somebody wants it. Give one of workflow, pattern and definition, and at most one of cron and at.</summary>
internal sealed record ScheduleRequest
{
    /// <summary>1 to 128 letters, digits, dots, dashes, underscores and colons; a new one if absent. In a replacement, if given, that of the address.</summary>
    public string? Id { get; set; }

    /// <summary>What people call it; at most 200 characters. The id if absent.</summary>
    public string? Name { get; set; }

    /// <summary>At most 2,000 characters.</summary>
    public string? Description { get; set; }

    /// <summary>Five fields (minute, hour, day of month, month, day of week) or six with the second first; a macro such as @daily; or @every 1h30m.</summary>
    public string? Cron { get; set; }

    /// <summary>In place of cron: fires once, at this time.</summary>
    public Rfc3339? At { get; set; }

    /// <summary>The IANA zone whose wall clock cron means; UTC if absent.</summary>
    public string? Timezone { get; set; }

    /// <summary>Does not fire before this time.</summary>
    public Rfc3339? StartAt { get; set; }

    /// <summary>Does not fire at this time or later.</summary>
    public Rfc3339? EndAt { get; set; }

    /// <summary>False: does not fire by itself. True if absent.</summary>
    public bool? Enabled { get; set; }

    /// <summary>Does not fire by itself before this time. A pause that an operator made stays as it is.</summary>
    public Rfc3339? PausedUntil { get; set; }

    /// <summary>When it is due and its last run has not ended: allow (if absent), skip, or buffer-one.</summary>
    public OverlapPolicy? Overlap { get; set; }

    /// <summary>What becomes of firings that were missed: one run for all (if absent), skip, or all.</summary>
    public CatchUpPolicy? CatchUp { get; set; }

    /// <summary>A duration such as 30s, at most 1d: each firing is late by up to that.</summary>
    public string? Jitter { get; set; }

    /// <summary>Ids of schedules, at most 100, each of which must have completed a run since this one's last.</summary>
    public IReadOnlyList<string>? DependsOn { get; set; }

    /// <summary>With at: events, at most 20, of which the first that happens before that time ends the schedule.</summary>
    public IReadOnlyList<CancelRequest>? CancelOn { get; set; }

    /// <summary>The workflow's name in the tenant's registry.</summary>
    public string? Workflow { get; set; }

    /// <summary>The workflow's version; the newest at each firing if absent.</summary>
    public int? Version { get; set; }

    /// <summary>The id of a pattern, in place of a workflow.</summary>
    public string? Pattern { get; set; }

    /// <summary>The pattern's version; the newest at each firing if absent.</summary>
    public int? PatternVersion { get; set; }

    /// <summary>A workflow definition of this schedule alone.</summary>
    public JsonElement? Definition { get; set; }

    /// <summary>The jobs' input, which must fit the workflow as it is now; texts may hold ${schedule.due}, ${schedule.date}, ${schedule.id}, ${schedule.name}, ${schedule.cause} and ${schedule.catch_up}.</summary>
    public JsonElement? Input { get; set; }

    /// <summary>With a pattern, in place of input: its parameters.</summary>
    public JsonElement? Params { get; set; }

    /// <summary>Labels of the jobs, beside those by which they are found as runs of the schedule.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; set; }

    /// <summary>-100..100; 0 if absent.</summary>
    public int? Priority { get; set; }

    /// <summary>Where the events of the jobs are posted.</summary>
    public CallbackRequest? Callback { get; set; }

    /// <summary>A duration after the creation: a schedule that is over and whose last run has completed is archived then.</summary>
    public string? ArchiveAfter { get; set; }

    /// <summary>A duration after the creation: a schedule that is over and whose last run has completed is deleted then.</summary>
    public string? DeleteAfter { get; set; }

    /// <summary>What the owner keeps with it: any JSON of at most 64 KiB.</summary>
    public JsonElement? Metadata { get; set; }

    /// <param name="id">The schedule's id.</param>
    /// <param name="pinned">The definition, stored, if one was given.</param>
    public (ScheduleDefinition? Definition, IReadOnlyList<RequestFault> Faults) ToDefinition(string id, WorkflowReference? pinned)
    {
        var faults = new List<RequestFault>();
        if (Params is not null && Input is not null) faults.Add(new RequestFault("params", "give either input or params"));
        if (CancelOn?.Contains(null!) == true) return (null, [new RequestFault("cancel_on", "has an entry that is null")]);
        if (Params is not null && Pattern is null) faults.Add(new RequestFault("params", "goes with a pattern; a workflow takes input"));
        var definition = new ScheduleDefinition
        {
            Name = Name ?? id,
            Description = Description,
            Cron = Cron,
            At = At?.Value,
            TimeZone = Timezone ?? "UTC",
            StartAt = StartAt?.Value,
            EndAt = EndAt?.Value,
            Enabled = Enabled ?? true,
            Pause = PausedUntil is { } until ? new SchedulePause(until.Value) : null,
            Overlap = Overlap ?? OverlapPolicy.Allow,
            CatchUp = CatchUp ?? CatchUpPolicy.One,
            Jitter = DurationOf(Jitter, "jitter", faults) ?? TimeSpan.Zero,
            DependsOn = DependsOn is null ? [] : [.. DependsOn.Select(dependency => dependency ?? "").Distinct(StringComparer.Ordinal)],
            CancelOn = CancelOn is null ? [] : [.. CancelOn.Select(cancel => new ScheduleCancel(cancel.Event, cancel.Schedule)).Distinct()],
            Target = new ScheduleTarget(Workflow, Version, Pattern, PatternVersion, pinned),
            Input = Input ?? Params,
            Labels = Labels?.ToImmutableSortedDictionary(label => label.Key, label => label.Value ?? "", StringComparer.Ordinal),
            Priority = Priority ?? 0,
            Callback = Callback?.ToSpec(),
            ArchiveAfter = DurationOf(ArchiveAfter, "archive_after", faults),
            DeleteAfter = DurationOf(DeleteAfter, "delete_after", faults),
            Metadata = Metadata,
        };
        return faults.Count == 0 ? (definition, []) : (null, faults);
    }

    private static TimeSpan? DurationOf(string? text, string path, List<RequestFault> faults)
    {
        if (text is null) return null;
        if (Duration.TryParse(text, out var duration)) return duration;
        faults.Add(new RequestFault(path, "is no duration; write one such as 500ms, 30s, 1h30m or 7d"));
        return null;
    }
}

/// <summary>An event that ends a schedule.</summary>
internal sealed record CancelRequest
{
    /// <summary>created, updated or deleted, of a schedule; started, completed or failed, of one of its runs.</summary>
    public required ScheduleEventKind Event { get; init; }

    /// <summary>The id of the schedule whose event it is; any other schedule's if absent.</summary>
    public string? Schedule { get; init; }
}

/// <summary>A run that somebody wants now.</summary>
internal sealed record RunScheduleRequest
{
    /// <summary>1 to 200 characters: a second request with this key gives the first one's run.</summary>
    public string? IdempotencyKey { get; set; }

    /// <summary>In place of the schedule's own input or parameters.</summary>
    public JsonElement? Input { get; set; }
}

/// <summary>Why and until when a schedule is to pause.</summary>
internal sealed record PauseScheduleRequest
{
    /// <summary>When it goes on by itself; when somebody resumes it, if absent.</summary>
    public Rfc3339? Until { get; set; }

    /// <summary>At most 500 characters.</summary>
    public string? Reason { get; set; }
}

/// <summary>A range of times whose runs are to be made.</summary>
internal sealed record BackfillRequest
{
    /// <summary>The first time.</summary>
    public required Rfc3339 From { get; init; }

    /// <summary>The last time; not in the future.</summary>
    public required Rfc3339 To { get; init; }
}
