using System.Text.Json.Nodes;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Web.Contracts.SchedulerService;

/// <summary>Jobs and runs in the words of the contract.</summary>
internal static class JobViewWriter
{
    /// <param name="last">The last run, for the status of a job that is over.</param>
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
            ["last_run_id"] = schedule.Record.LastJob?.ToString() ?? "",
            ["created_at"] = schedule.CreatedAt.ToUnixTimeSeconds(),
            ["updated_at"] = schedule.UpdatedAt.ToUnixTimeSeconds(),
            ["trigger_type"] = SchedulerWords.TriggerTypePrefix + (translation.TriggerType ?? "UNSPECIFIED"),
            ["job_type"] = SchedulerWords.JobTypePrefix + translation.JobType,
            ["owner"] = translation.Job.Text("owner", "job") ?? "",
            ["next_run_time"] = schedule.Next?.FireAt.ToUnixTimeSeconds() ?? 0,
            ["labels"] = job["labels"]?.DeepClone() ?? new JsonObject(),
            ["master_uuid"] = translation.Job.Text("master_uuid", "job") ?? "",
            ["campaign_id"] = translation.CampaignId,
        };
        if (job["cdc_trigger"] is { } cdc) view["cdc_trigger"] = cdc.DeepClone();
        if (job["retry_policy"] is { } retry) view["retry_policy"] = retry.DeepClone();
        if (history is not null) view["history"] = new JsonObject { ["runs"] = new JsonArray([.. history.Select(row => Run(row, schedule))]) };
        return view;
    }

    /// <summary>The job as its owner wrote it; little of a schedule that was not made here.</summary>
    public static JsonObject Kept(StoredSchedule schedule) =>
        schedule.Definition.Metadata is { ValueKind: System.Text.Json.JsonValueKind.Object } metadata && JsonNode.Parse(metadata.GetRawText()) is JsonObject job && job.ContainsKey("name")
            ? job
            : new JsonObject { ["name"] = schedule.Definition.Name, ["schedule"] = schedule.Definition.Cron };

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
