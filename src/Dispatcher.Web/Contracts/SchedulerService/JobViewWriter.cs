using System.Text.Json.Nodes;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Web.Contracts.SchedulerService;

/// <summary>Jobs and runs in the words of the contract.</summary>
internal static class JobViewWriter
{
    /// <param name="last">The newest run, whatever made it.</param>
    /// <param name="history">Newest runs, if they are to be shown.</param>
    public static JsonObject Job(StoredSchedule schedule, JobRow? last, IReadOnlyList<JobRow>? history, DateTimeOffset now)
    {
        var job = Kept(schedule);
        var translation = JobTranslation.Of(before: null, job);
        var view = new JsonObject
        {
            ["id"] = schedule.Id,
            ["name"] = schedule.Definition.Name,
            ["schedule"] = schedule.Definition.Cron ?? "",
            ["payload"] = translation.Payload,
            ["status"] = SchedulerWords.StatusPrefix + SchedulerWords.StatusOf(schedule, last, now),
            ["metadata"] = job["metadata"]?.DeepClone() ?? new JsonObject(),
            ["last_run_id"] = last?.Id.ToString() ?? "",
            ["created_at"] = schedule.CreatedAt.ToUnixTimeSeconds(),
            ["updated_at"] = schedule.UpdatedAt.ToUnixTimeSeconds(),
            ["trigger_type"] = SchedulerWords.TriggerTypePrefix + (translation.TriggerType ?? "UNSPECIFIED"),
            ["job_type"] = SchedulerWords.JobTypePrefix + translation.JobType,
            ["owner"] = translation.Owner,
            ["next_run_time"] = schedule.Next?.FireAt.ToUnixTimeSeconds() ?? 0,
            ["labels"] = job["labels"]?.DeepClone() ?? new JsonObject(),
            ["master_uuid"] = translation.MasterUuid,
            ["campaign_id"] = translation.CampaignId,
        };
        if (SchedulerWords.ReasonOf(schedule) is { } reason) view["reason"] = reason;
        if (job["cdc_trigger"] is { } cdc) view["cdc_trigger"] = cdc.DeepClone();
        if (job["retry_policy"] is { } retry) view["retry_policy"] = retry.DeepClone();
        if (history is not null) view["history"] = new JsonObject { ["runs"] = new JsonArray([.. history.Select(row => Run(row, schedule))]) };
        return view;
    }

    /// <summary>The job as its owner wrote it; of a schedule that was made elsewhere, what the contract has words for.</summary>
    public static JsonObject Kept(StoredSchedule schedule) => schedule.Definition.Original is { } original ? (JsonObject)JsonNode.Parse(original.GetRawText())! : Made(schedule.Definition);

    private static JsonObject Made(ScheduleDefinition definition)
    {
        var scheduling = new JsonObject { ["timezone"] = definition.TimeZone };
        if (definition.At is { } at) scheduling["run_at"] = Text(at);
        if (!definition.CancelOn.IsEmpty) scheduling["cancel_on"] = new JsonArray([.. definition.CancelOn.Select(cancel => (JsonNode)SchedulerWords.TextOf(cancel))]);
        if (definition.StartAt is { } start) scheduling["start_time"] = Text(start);
        if (definition.EndAt is { } end) scheduling["end_time"] = Text(end);
        if (!definition.DependsOn.IsEmpty) scheduling["dependencies"] = new JsonArray([.. definition.DependsOn.Select(id => (JsonNode)id)]);
        var specific = new JsonObject();
        if (definition.Priority != 0) specific["job_priority"] = definition.Priority;
        if (definition.ArchiveAfter is { } archive) specific["archive_after"] = GoText(archive);
        if (definition.DeleteAfter is { } delete) specific["delete_after"] = GoText(delete);
        var job = new JsonObject
        {
            ["name"] = definition.Name,
            ["schedule"] = definition.Cron,
            ["metadata"] = new JsonObject { ["scheduling"] = scheduling, ["service_specific"] = new JsonObject { ["scheduler"] = specific } },
        };
        if (definition.Labels is { IsEmpty: false } labels) job["labels"] = new JsonObject(labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value)));
        return job;
    }

    private static string Text(DateTimeOffset time) => time.ToUniversalTime().ToString("O", System.Globalization.CultureInfo.InvariantCulture);

    private static string GoText(TimeSpan duration) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{duration.Ticks / (decimal)TimeSpan.TicksPerSecond}s");

    public static JsonObject Run(JobRow row, StoredSchedule? schedule) => Run(
        row.Id, row.Status, row.CreatedAt, row.Status.IsTerminal() ? row.UpdatedAt : null, row.Labels, result: null, error: null, schedule);

    /// <summary>With its result or error.</summary>
    public static JsonObject Run(JobReading reading, JobRow row, StoredSchedule? schedule)
    {
        var state = reading.State;
        var error = state?.Status switch
        {
            JobStatus.Failed => state.Failure?.Message ?? "failed",
            JobStatus.Cancelled => state.Reason ?? "cancelled",
            _ => null,
        };
        return Run(row.Id, state?.Status ?? row.Status, state?.StartedAt ?? row.CreatedAt, state is null ? null : state.EndedAt, row.Labels, state?.Output?.GetRawText(), error, schedule);
    }

    /// <summary>Of a job that was made or found just now.</summary>
    public static JsonObject Run(JobState state, StoredSchedule? schedule) => Run(
        state.Id, state.Status, state.StartedAt ?? state.CreatedAt, state.EndedAt, state.Spec.Labels, state.Output?.GetRawText(), state.Failure?.Message, schedule);

    private static JsonObject Run(
        JobId id, JobStatus status, DateTimeOffset startedAt, DateTimeOffset? finishedAt, IReadOnlyDictionary<string, string>? labels, string? result, string? error, StoredSchedule? schedule)
    {
        var job = schedule is null ? null : Kept(schedule);
        return new JsonObject
        {
            ["id"] = id.ToString(),
            ["job_id"] = schedule?.Id ?? labels?.GetValueOrDefault(FiringLabels.Schedule) ?? "",
            ["started_at"] = startedAt.ToUnixTimeSeconds(),
            ["finished_at"] = finishedAt?.ToUnixTimeSeconds() ?? 0,
            ["status"] = SchedulerWords.RunStatusOf(status),
            ["result"] = result ?? "",
            ["error"] = error ?? "",
            ["metadata"] = new JsonObject
            {
                ["due"] = labels?.GetValueOrDefault(FiringLabels.Due),
                ["cause"] = labels?.GetValueOrDefault(FiringLabels.Cause),
                ["catch_up"] = labels?.GetValueOrDefault(FiringLabels.Cause) == "catch-up",
            },
            ["master_uuid"] = job.Text("master_uuid", "job") ?? "",
            ["campaign_id"] = job.Integer("campaign_id", "job") ?? 0,
        };
    }
}
