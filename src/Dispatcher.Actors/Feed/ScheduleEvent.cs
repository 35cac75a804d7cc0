using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dispatcher.Coordination.Scheduling;

namespace Dispatcher.Feed;

/// <summary>
/// An event of a schedule: <c>{"type","payload":{"job_id","status"},"metadata":{...}}</c>. The <c>job_id</c> is the schedule's id, since to those who follow
/// schedules that is the job; its runs are <c>run_id</c>.
/// </summary>
/// <param name="Type"><c>scheduler.job_created</c>, <c>_updated</c>, <c>_deleted</c>, <c>_started</c>, <c>_completed</c> or <c>_failed</c>.</param>
/// <param name="Status">In capitals: of the schedule as it is then (<c>ACTIVE</c>, <c>PAUSED</c>, <c>DISABLED</c>, <c>COMPLETED</c>, <c>DELETED</c>), or of the run (<c>RUNNING</c>, <c>COMPLETED</c>, <c>FAILED</c>).</param>
/// <param name="Ordering">Its place in the journal; null for what is told once.</param>
public sealed record ScheduleEvent(string Type, string Schedule, string Status, DateTimeOffset At, string? RunId, long? Ordering, string? Name, string? Reason)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ScheduleEvent Of(ScheduleNotice notice)
    {
        var (type, status) = notice.Change switch
        {
            ScheduleChange.Created => ("scheduler.job_created", WordOf(notice.Status)),
            ScheduleChange.Updated => ("scheduler.job_updated", WordOf(notice.Status)),
            ScheduleChange.Deleted => ("scheduler.job_deleted", "DELETED"),
            _ => ("scheduler.job_failed", "FAILED"),
        };
        return new ScheduleEvent(type, notice.Schedule, status, notice.At, null, null, notice.Name, notice.Reason);
    }

    /// <summary>Those who follow schedules know ACTIVE, PAUSED, DISABLED and COMPLETED.</summary>
    private static string WordOf(ScheduleStatus status) => status switch
    {
        ScheduleStatus.Paused => "PAUSED",
        ScheduleStatus.Disabled or ScheduleStatus.Archived => "DISABLED",
        ScheduleStatus.Over => "COMPLETED",
        _ => "ACTIVE",
    };

    /// <summary>Null for an event of a job that is no run.</summary>
    internal static ScheduleEvent? Of(FeedEvent given)
    {
        if (given.Address.Schedule is not { } schedule) return null;
        var (type, status) = given.Type switch
        {
            "job.started" => ("scheduler.job_started", "RUNNING"),
            "job.completed" => ("scheduler.job_completed", "COMPLETED"),
            _ => ("scheduler.job_failed", "FAILED"),
        };
        var reason = given.Type switch
        {
            "job.cancelled" => "cancelled",
            "job.rejected" => "rejected",
            _ => null,
        };
        return new ScheduleEvent(type, schedule, status, given.At, given.JobId.ToString(), given.Ordering, null, reason);
    }

    /// <summary>The event's name on a bus whose names are <c>{service}:{action}:v{n}:{state}</c>.</summary>
    public string Topic => Type switch
    {
        "scheduler.job_created" => "scheduler:create_job:v1:success",
        "scheduler.job_updated" => "scheduler:update_job:v1:success",
        "scheduler.job_deleted" => "scheduler:delete_job:v1:success",
        "scheduler.job_started" => "scheduler:run_job:v1:started",
        "scheduler.job_completed" => "scheduler:run_job:v1:completed",
        _ => "scheduler:run_job:v1:failed",
    };

    /// <summary>UTF-8 JSON on one line.</summary>
    public ReadOnlyMemory<byte> ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, Type);
            writer.WriteStartObject("payload"u8);
            writer.WriteString("job_id"u8, Schedule);
            writer.WriteString("status"u8, Status);
            if (RunId is not null) writer.WriteString("run_id"u8, RunId);
            if (Name is not null) writer.WriteString("name"u8, Name);
            if (Reason is not null) writer.WriteString("reason"u8, Reason);
            writer.WriteEndObject();
            writer.WriteStartObject("metadata"u8);
            writer.WriteString("at"u8, At);
            writer.WriteString("topic"u8, Topic);
            if (Ordering is { } place) writer.WriteString("position"u8, string.Create(CultureInfo.InvariantCulture, $"{FeedScope.JournalPrefix}{place}"));
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
