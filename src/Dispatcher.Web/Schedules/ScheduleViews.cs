using System.Text.Json;
using Dispatcher.Coordination.Scheduling;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Jobs.Creating;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Web.Requests;
using Dispatcher.Workflows;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Web.Schedules;

/// <summary>A schedule with what has become of it so far.</summary>
internal sealed record ScheduleView
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public string? Description { get; init; }

    /// <summary>active, paused, disabled, over or archived.</summary>
    public required string Status { get; init; }

    /// <summary>Grows with each change by people; also the ETag.</summary>
    public required long Version { get; init; }

    public string? Cron { get; init; }

    public DateTimeOffset? At { get; init; }

    public required string Timezone { get; init; }

    public DateTimeOffset? StartAt { get; init; }

    public DateTimeOffset? EndAt { get; init; }

    public required bool Enabled { get; init; }

    public SchedulePauseView? Pause { get; init; }

    public required OverlapPolicy Overlap { get; init; }

    public required CatchUpPolicy CatchUp { get; init; }

    public string? Jitter { get; init; }

    public IReadOnlyList<string>? DependsOn { get; init; }

    public IReadOnlyList<CancelView>? CancelOn { get; init; }

    /// <summary>What has ended the schedule before it fired.</summary>
    public CancelledView? CancelledBy { get; init; }

    public string? Workflow { get; init; }

    public int? WorkflowVersion { get; init; }

    public string? Pattern { get; init; }

    public int? PatternVersion { get; init; }

    public JsonElement? Input { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public required int Priority { get; init; }

    public string? ArchiveAfter { get; init; }

    public string? DeleteAfter { get; init; }

    public JsonElement? Metadata { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When it is due next; absent when it does not fire by itself.</summary>
    public DateTimeOffset? NextDue { get; init; }

    /// <summary>When that happens: the jitter later.</summary>
    public DateTimeOffset? NextFiring { get; init; }

    /// <summary>The firing that waits for dependencies.</summary>
    public DateTimeOffset? HeldDue { get; init; }

    public required FiringView Firings { get; init; }

    public required ScheduleLinks Links { get; init; }

    public static ScheduleView Of(StoredSchedule schedule, DateTimeOffset now)
    {
        var definition = schedule.Definition;
        return new ScheduleView
        {
            Id = schedule.Id,
            Name = definition.Name,
            Description = definition.Description,
            Status = ScheduleStatuses.Of(schedule, now).ToText(),
            Version = schedule.Version,
            Cron = definition.Cron,
            At = definition.At,
            Timezone = definition.TimeZone,
            StartAt = definition.StartAt,
            EndAt = definition.EndAt,
            Enabled = definition.Enabled,
            Pause = definition.Pause is { } pause ? new SchedulePauseView(pause.Until, pause.Reason, pause.By) : null,
            Overlap = definition.Overlap,
            CatchUp = definition.CatchUp,
            Jitter = definition.Jitter > TimeSpan.Zero ? Duration.Format(definition.Jitter) : null,
            DependsOn = definition.DependsOn.IsEmpty ? null : definition.DependsOn,
            CancelOn = definition.CancelOn.IsEmpty ? null : [.. definition.CancelOn.Select(cancel => new CancelView(cancel.Event, cancel.Schedule))],
            CancelledBy = schedule.CancelledBy is { } by ? new CancelledView(by.Event, by.Schedule, by.At) : null,
            Workflow = definition.Target.Workflow ?? definition.Target.Pinned?.Name,
            WorkflowVersion = definition.Target.Version ?? definition.Target.Pinned?.Version,
            Pattern = definition.Target.Pattern,
            PatternVersion = definition.Target.PatternVersion,
            Input = definition.Input,
            Labels = definition.Labels is { IsEmpty: false } labels ? labels : null,
            Priority = definition.Priority,
            ArchiveAfter = TextOf(definition.ArchiveAfter),
            DeleteAfter = TextOf(definition.DeleteAfter),
            Metadata = definition.Metadata,
            CreatedAt = schedule.CreatedAt,
            UpdatedAt = schedule.UpdatedAt,
            NextDue = schedule.Next?.Due,
            NextFiring = schedule.Next?.FireAt,
            HeldDue = schedule.HeldDue,
            Firings = FiringView.Of(schedule.Record),
            Links = ScheduleLinks.Of(schedule.Id),
        };
    }

    private static string? TextOf(TimeSpan? duration) => duration is { } given ? Duration.Format(given) : null;
}

/// <summary>An event that ends a schedule.</summary>
/// <param name="Schedule">Whose event it is; absent: any other schedule's.</param>
internal sealed record CancelView(ScheduleEventKind Event, string? Schedule);

/// <summary>The event that has ended a schedule.</summary>
/// <param name="Schedule">Whose event it was.</param>
internal sealed record CancelledView(ScheduleEventKind Event, string Schedule, DateTimeOffset At);

/// <param name="Until">When it goes on by itself; absent: when somebody resumes it.</param>
internal sealed record SchedulePauseView(DateTimeOffset? Until, string? Reason, string? By);

/// <summary>What was fired so far. How the runs went shows in the runs.</summary>
/// <param name="LastDue">The due time of the last firing.</param>
/// <param name="LastRun">The run that the last firing made; runs by hand and backfills are no firings.</param>
/// <param name="Fired">Firings that made a run.</param>
/// <param name="Skipped">Firings left out because a run had not ended.</param>
/// <param name="Missed">Firings left out because nobody could fire them in time.</param>
/// <param name="Failed">Firings that could make no run.</param>
/// <param name="Note">Why the last firing made none.</param>
internal sealed record FiringView(DateTimeOffset? LastDue, DateTimeOffset? LastFiredAt, JobId? LastRun, long Fired, long Skipped, long Missed, long Failed, string? Note)
{
    public static FiringView Of(FiringRecord record) =>
        new(record.LastDue, record.LastFiredAt, record.LastJob, record.Fired, record.Skipped, record.Missed, record.Failed, record.Note);
}

/// <summary>Where the schedule and what belongs to it are.</summary>
internal sealed record ScheduleLinks(string Self, string Runs, string Next)
{
    public static ScheduleLinks Of(string id)
    {
        var self = $"{ApiPaths.Root}/schedules/{id}";
        return new ScheduleLinks(self, $"{self}/runs", $"{self}/next");
    }
}

/// <summary>Schedules in the order of their ids.</summary>
/// <param name="Next">Give it as <c>cursor</c> for the next page; absent at the end.</param>
internal sealed record SchedulePage(IReadOnlyList<ScheduleView> Schedules, string? Next);

/// <summary>A run that was asked for.</summary>
/// <param name="IsNew">False when the key had made it before.</param>
internal sealed record RunReceipt(JobId Id, bool IsNew, SelfLink Links)
{
    public static RunReceipt Of(JobId id, bool isNew) => new(id, isNew, new SelfLink(ApiPaths.Job(id)));
}

/// <summary>When a schedule is due next, whatever its pauses.</summary>
internal sealed record NextTimesView(IReadOnlyList<NextTimeView> Times);

/// <param name="FireAt">When it happens: the jitter later.</param>
internal sealed record NextTimeView(DateTimeOffset Due, DateTimeOffset FireAt);

/// <summary>What a backfill has made.</summary>
/// <param name="Made">New runs among them.</param>
internal sealed record BackfillView(IReadOnlyList<BackfillRunView> Runs, int Made);

/// <param name="IsNew">False when the run was there: it had been fired before.</param>
/// <param name="Fault">Why there is no run.</param>
internal sealed record BackfillRunView(DateTimeOffset Due, JobId? Job, bool IsNew, string? Fault);

/// <summary>Runs of a schedule, newest first.</summary>
/// <param name="Next">Give it as <c>cursor</c> for the next page; absent at the end.</param>
internal sealed record RunPage(IReadOnlyList<RunView> Runs, string? Next);

/// <summary>A run: a job.</summary>
/// <param name="Cause">time, catch-up, backfill, dependency or manual.</param>
internal sealed record RunView(JobId Id, JobStatus Status, WorkflowView Workflow, DateTimeOffset? Due, string? Cause, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, SelfLink Links)
{
    public static RunView Of(JobRow row)
    {
        DateTimeOffset? due = row.Labels?.GetValueOrDefault(FiringLabels.Due) is { } text && Rfc3339.TryParse(text, null, out var time) ? time.Value : null;
        return new RunView(
            row.Id, row.Status, new WorkflowView(row.WorkflowName, row.WorkflowVersion), due, row.Labels?.GetValueOrDefault(FiringLabels.Cause), row.CreatedAt, row.UpdatedAt, new SelfLink(ApiPaths.Job(row.Id)));
    }
}

/// <summary>Who waits for whom.</summary>
/// <param name="Edges">Pairs of ids: a dependency, and the schedule that waits for it; so they read from left to right.</param>
/// <param name="IsCut">True when there are more schedules or edges than are shown.</param>
internal sealed record ScheduleGraphView(IReadOnlyList<ScheduleNodeView> Nodes, IReadOnlyList<IReadOnlyList<string>> Edges, bool IsCut)
{
    public static ScheduleGraphView Of(ScheduleMap map)
    {
        var missing = map.Missing.ToLookup(edge => edge.Schedule, edge => edge.DependsOn, StringComparer.Ordinal);
        return new ScheduleGraphView(
            [.. map.Nodes.Select(node => ScheduleNodeView.Of(node, [.. missing[node.Id]]))],
            [.. map.Edges.Select(edge => (IReadOnlyList<string>)[edge.DependsOn, edge.Schedule])],
            map.IsCut);
    }
}

/// <param name="HeldDue">The firing that waits for dependencies.</param>
/// <param name="MissingDependencies">What it depends on and was deleted: until that is changed it fires no more by itself.</param>
internal sealed record ScheduleNodeView(string Id, string Name, string Status, DateTimeOffset? NextDue, DateTimeOffset? HeldDue, IReadOnlyList<string>? MissingDependencies)
{
    public static ScheduleNodeView Of(ScheduleNode node, IReadOnlyList<string> missing) =>
        new(node.Id, node.Name, node.Status.ToText(), node.NextDue, node.HeldDue, missing.Count > 0 ? missing : null);
}
