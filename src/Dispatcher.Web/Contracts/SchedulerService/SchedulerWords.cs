using Dispatcher.Coordination.Scheduling;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Web.Contracts.SchedulerService;

/// <summary>The words of scheduler.v1: enums are written with their prefix, and read with it or without.</summary>
internal static class SchedulerWords
{
    public const string Active = "ACTIVE";
    public const string Paused = "PAUSED";
    public const string Disabled = "DISABLED";
    public const string Completed = "COMPLETED";
    public const string Failed = "FAILED";

    public static IReadOnlyList<string> Statuses { get; } = ["UNSPECIFIED", Active, Paused, Disabled, Completed, Failed];

    public static IReadOnlyList<string> JobTypes { get; } = ["UNSPECIFIED", "MAINTENANCE", "CLEANUP", "NOTIFY", "CUSTOM"];

    public static IReadOnlyList<string> TriggerTypes { get; } = ["UNSPECIFIED", "CRON", "INTERVAL", "CDC"];

    public const string StatusPrefix = "JOB_STATUS_";
    public const string JobTypePrefix = "JOB_TYPE_";
    public const string TriggerTypePrefix = "TRIGGER_TYPE_";

    private const string EventPrefix = "scheduler.job_";

    /// <summary>A word without its prefix; null for none, or UNSPECIFIED.</summary>
    /// <exception cref="OpsFault">It is none of them.</exception>
    public static string? Read(string? text, string prefix, IReadOnlyList<string> known, string path)
    {
        if (string.IsNullOrEmpty(text)) return null;
        var upper = text.ToUpperInvariant();
        var word = upper.StartsWith(prefix, StringComparison.Ordinal) ? upper[prefix.Length..] : upper;
        if (!known.Contains(word, StringComparer.Ordinal)) throw OpsFault.Bad($"unknown {path} '{OpsFault.Short(text)}'; known are {string.Join(", ", known.Skip(1))}");
        return word == "UNSPECIFIED" ? null : word;
    }

    /// <summary>An event, of any job or of one: <c>scheduler.job_completed</c>, <c>scheduler.job_completed:abc123</c>.</summary>
    /// <exception cref="OpsFault">It is none.</exception>
    public static ScheduleCancel ReadCancel(string text, string path)
    {
        var (word, job) = text.IndexOf(':', StringComparison.Ordinal) is var colon and >= 0 ? (text[..colon], text[(colon + 1)..]) : (text, null);
        if (word.StartsWith(EventPrefix, StringComparison.Ordinal) && KebabCaseEnumConverter<ScheduleEventKind>.TryParse(word[EventPrefix.Length..], out var kind) && job is not "")
            return new ScheduleCancel(kind, job);
        var known = string.Join(", ", Enum.GetValues<ScheduleEventKind>().Select(one => EventPrefix + one.ToText()));
        throw OpsFault.Bad($"{path} is '{OpsFault.Short(text)}', which is no event; known are {known}, of any other job, or of one: {EventPrefix}completed:<job_id>");
    }

    public static string TextOf(ScheduleCancel cancel) => EventPrefix + cancel.Event.ToText() + (cancel.Schedule is null ? "" : $":{cancel.Schedule}");

    /// <summary>Why a job that ran at no time is over; null if it was not cancelled.</summary>
    public static string? ReasonOf(StoredSchedule schedule) =>
        schedule.CancelledBy is { } by ? $"cancelled by {TextOf(new ScheduleCancel(by.Event, by.Schedule))} at {FiringLabels.TextOf(by.At)}" : null;

    /// <param name="last">The schedule's newest run, whatever made it; null if there is none, or it was deleted.</param>
    public static string StatusOf(StoredSchedule schedule, JobRow? last, DateTimeOffset now) => ScheduleStatuses.Of(schedule, now) switch
    {
        ScheduleStatus.Paused => Paused,
        ScheduleStatus.Disabled or ScheduleStatus.Archived => Disabled,
        // How it ended is how its last run ended; it is active until then.
        ScheduleStatus.Over when last is { Status: JobStatus.Failed or JobStatus.Cancelled } => Failed,
        ScheduleStatus.Over when last is null && schedule.Record is { Fired: 0, Failed: > 0 } => Failed,
        ScheduleStatus.Over when last is null || last.Status.IsTerminal() => Completed,
        _ => Active,
    };

    public static string RunStatusOf(JobStatus status) => status switch
    {
        JobStatus.Completed => "success",
        JobStatus.Failed or JobStatus.Cancelled => "failed",
        _ => "running",
    };
}
