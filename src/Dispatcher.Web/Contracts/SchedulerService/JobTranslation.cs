using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;
using Dispatcher.Web.Requests;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Web.Contracts.SchedulerService;

/// <summary>
/// A job of the contract as a schedule. The job as its owner wrote it is kept with the schedule, so nothing is lost.
/// </summary>
internal sealed class JobTranslation
{
    private static readonly string[] OwnerFields =
        ["name", "schedule", "payload", "metadata", "trigger_type", "cdc_trigger", "job_type", "retry_policy", "owner", "labels", "master_uuid", "campaign_id"];

    /// <summary>What can be said in two places: the second counts. What an update says in the first takes the place of what was said before in the second.</summary>
    private static readonly (string[] First, string[] Second)[] Twins =
    [
        (["schedule"], ["metadata", "scheduling", "cron"]),
        (["retry_policy"], ["metadata", "scheduling", "retry_policy"]),
        (["job_type"], ["metadata", "service_specific", "scheduler", "job_type"]),
        (["metadata", "scheduling", "window", "start"], ["metadata", "scheduling", "start_time"]),
        (["metadata", "scheduling", "window", "end"], ["metadata", "scheduling", "end_time"]),
    ];

    private const int LongestWaitSeconds = 60;

    private readonly JsonObject _job;
    private readonly JsonObject? _scheduling;
    private readonly JsonObject? _specific;
    private readonly List<string> _warnings = [];

    private JobTranslation(JsonObject job)
    {
        _job = job;
        var metadata = job.Object("metadata", "job");
        _scheduling = metadata.Object("scheduling", "metadata");
        _specific = metadata.Object("service_specific", "metadata").Object("scheduler", "metadata.service_specific");
    }

    /// <summary>What was not taken literally.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    public string JobType => SchedulerWords.Read(_specific.Text("job_type", "scheduler") ?? _job.Text("job_type", "job"), SchedulerWords.JobTypePrefix, SchedulerWords.JobTypes, "job_type") ?? "CUSTOM";

    /// <summary>The campaign that the job belongs to; 0 for none.</summary>
    public long CampaignId => _job.Integer("campaign_id", "job") is { } id ? id >= 0 ? id : throw OpsFault.Bad("campaign_id must not be negative") : 0;

    public string? PatternId => _specific.Filled("pattern_id", "scheduler");

    public string Payload => _job.Text("payload", "job") ?? "";

    public string Owner => _job.Text("owner", "job") ?? "";

    public string MasterUuid => _job.Text("master_uuid", "job") ?? "";

    /// <summary>False for a job that says nothing of what it runs: then a schedule that was made elsewhere goes on running what it ran.</summary>
    public bool SaysWhatToRun => Payload.Length > 0 || PatternId is not null
        || _specific?["job_type"] is not null || _job["job_type"] is not null || _scheduling?["retry_policy"] is not null || _job["retry_policy"] is not null;

    private bool IsCdc => TriggerType == "CDC";

    /// <summary>As it was said, or as the schedule tells.</summary>
    public string? TriggerType => SchedulerWords.Read(_job.Text("trigger_type", "job"), SchedulerWords.TriggerTypePrefix, SchedulerWords.TriggerTypes, "trigger_type")
        ?? (_job["cdc_trigger"] is not null ? "CDC" : Cron is not { } cron ? null : cron.Contains("@every", StringComparison.OrdinalIgnoreCase) ? "INTERVAL" : "CRON");

    private string? Cron => (_scheduling.Text("cron", "scheduling") ?? _job.Text("schedule", "job")) is { Length: > 0 } cron ? cron : null;

    /// <param name="before">The job as it was kept; null for a new one.</param>
    /// <param name="given">What the caller gives: what is absent stays as it was, within the metadata too; what is null is taken away (as RFC 7396 has it).</param>
    public static JobTranslation Of(JsonObject? before, JsonObject given)
    {
        var job = new JsonObject();
        foreach (var name in OwnerFields)
        {
            if ((given.TryGetPropertyValue(name, out var value) ? value : before?[name]) is { } kept)
                job[name] = name == "metadata" && kept is JsonObject metadata ? Merge(before?[name] as JsonObject, metadata) : kept.DeepClone();
        }

        foreach (var (first, second) in Twins)
        {
            if (Find(given, first) is not null && Find(given, second) is null && Find(job, second[..^1]) is JsonObject place) place.Remove(second[^1]);
        }

        return new JobTranslation(job);
    }

    /// <summary>The schedule that the job asks for. What the contract has no words for stays as it was.</summary>
    /// <param name="status">ACTIVE, PAUSED or DISABLED; null leaves it as it was.</param>
    /// <param name="workflow">What it runs; null leaves that as it was.</param>
    /// <param name="pause">What PAUSED means.</param>
    public ScheduleDefinition ToDefinition(string? status, ScheduleDefinition? before, JobWorkflow? workflow, SchedulePause pause)
    {
        var name = _job.Text("name", "job");
        if (string.IsNullOrWhiteSpace(name)) throw OpsFault.Bad("name is required");
        CheckCdc();
        CheckKept();
        var window = _scheduling.Object("window", "scheduling");
        return (before ?? new ScheduleDefinition { Name = name }) with
        {
            Name = name,
            Cron = IsCdc ? null : Cron,
            At = Time(_scheduling, "run_at", "scheduling"),
            TimeZone = Zone(),
            StartAt = Time(_scheduling, "start_time", "scheduling") ?? Time(window, "start", "scheduling.window"),
            EndAt = Time(_scheduling, "end_time", "scheduling") ?? Time(window, "end", "scheduling.window"),
            Enabled = status is null ? before?.Enabled ?? true : status != SchedulerWords.Disabled,
            Pause = status switch
            {
                null or SchedulerWords.Disabled => before?.Pause,
                SchedulerWords.Paused => pause,
                SchedulerWords.Active => null,
                _ => throw OpsFault.Bad($"status {status} follows from the runs and cannot be set; set ACTIVE, PAUSED or DISABLED"),
            },
            CancelOn = CancelOn(),
            DependsOn = [.. _scheduling.Texts("dependencies", "scheduling").Distinct(StringComparer.Ordinal)],
            Target = workflow is null ? before!.Target : new ScheduleTarget(Pinned: workflow.Reference),
            Input = workflow is null ? before!.Input : workflow.Input,
            Labels = Labels(),
            Priority = Priority(),
            ArchiveAfter = GoTime("archive_after"),
            DeleteAfter = GoTime("delete_after"),
            Original = JsonElement.Parse(_job.ToJsonString()),
        };
    }

    /// <summary>How often a run's step is tried: in all, the first time included.</summary>
    public JsonObject Retry()
    {
        var (policy, path) = _scheduling.Object("retry_policy", "scheduling") is { } own ? (own, "scheduling.retry_policy") : (_job.Object("retry_policy", "job"), "job.retry_policy");
        var attempts = policy.Integer("max_attempts", path) ?? 3;
        if (attempts is < 1 or > 100) throw OpsFault.Bad($"{path}.max_attempts is {attempts}; it must be from 1 to 100");
        var seconds = policy.Integer("backoff_seconds", path);
        if (seconds is < 0 or > 86_400) throw OpsFault.Bad($"{path}.backoff_seconds is {seconds}; it must be from 0 to 86400");
        var word = policy.Text("backoff", path) ?? (policy.Flag("exponential", path) ?? seconds is null or 0 ? "exponential" : "constant");
        return word switch
        {
            "exponential" => Exponential(attempts, seconds ?? 0),
            "constant" => new JsonObject { ["max_attempts"] = attempts, ["backoff"] = "constant", ["initial"] = Seconds(seconds ?? 5), ["max"] = Seconds(Math.Max(60, seconds ?? 5)) },
            _ => throw OpsFault.Bad($"unknown {path}.backoff '{OpsFault.Short(word)}'; known are exponential and constant"),
        };
    }

    /// <summary>The defaults of cenkalti/backoff. Its longest wait and its longest time in all do not cut a longer first wait that the owner asks for.</summary>
    private static JsonObject Exponential(long attempts, long seconds)
    {
        var policy = new JsonObject
        {
            ["max_attempts"] = attempts,
            ["backoff"] = "exponential",
            ["initial"] = seconds > 0 ? Seconds(seconds) : "500ms",
            ["factor"] = 1.5,
            ["jitter"] = 0.5,
            ["max"] = seconds > LongestWaitSeconds ? Seconds(seconds) : Seconds(LongestWaitSeconds),
        };
        if (seconds <= LongestWaitSeconds) policy["max_elapsed"] = "15m";
        return policy;
    }

    private static JsonObject Merge(JsonObject? before, JsonObject given)
    {
        var merged = (JsonObject?)before?.DeepClone() ?? [];
        foreach (var (name, value) in given)
        {
            if (value is null) merged.Remove(name);
            else merged[name] = value is JsonObject inner ? Merge(merged[name] as JsonObject, inner) : value.DeepClone();
        }

        return merged;
    }

    private static JsonNode? Find(JsonObject from, ReadOnlySpan<string> path)
    {
        JsonNode? found = from;
        foreach (var name in path) found = (found as JsonObject)?[name];
        return found;
    }

    private static string Seconds(long seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds}s");

    private string Zone()
    {
        if (_scheduling.Text("timezone", "scheduling") is not { Length: > 0 } zone) return "UTC";
        if (ScheduleZone.Find(zone) is not null) return zone;
        _warnings.Add($"{ScheduleZone.FaultOf(zone)}; UTC is used");
        return "UTC";
    }

    private ImmutableArray<ScheduleCancel> CancelOn()
    {
        var named = _scheduling.Texts("cancel_on", "scheduling");
        if (named.Count > 0 && string.IsNullOrEmpty(_scheduling.Text("run_at", "scheduling"))) throw OpsFault.Bad("scheduling.cancel_on goes with scheduling.run_at: only a job that runs once ends with an event");
        return [.. named.Select((text, index) => SchedulerWords.ReadCancel(text, $"scheduling.cancel_on[{index}]")).Distinct()];
    }

    private void CheckCdc()
    {
        if (_job.Object("cdc_trigger", "job") is not { } trigger)
        {
            if (IsCdc) throw OpsFault.Bad("cdc_trigger is required for trigger_type CDC");
            return;
        }

        if (string.IsNullOrEmpty(trigger.Text("table", "cdc_trigger"))) throw OpsFault.Bad("cdc_trigger.table is required");
        if (trigger.Text("event_type", "cdc_trigger") is not ("insert" or "update" or "delete")) throw OpsFault.Bad("cdc_trigger.event_type must be insert, update or delete");
    }

    /// <summary>What is kept and shown, and asked for by nothing else here: a job that cannot be shown would take the list it is in along.</summary>
    private void CheckKept() => _ = (Owner, MasterUuid);

    private ImmutableSortedDictionary<string, string> Labels()
    {
        var labels = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (_job.Object("labels", "job") is { } given)
        {
            foreach (var (name, _) in given) labels[name] = given.Text(name, "labels") ?? "";
        }

        if (CampaignId is var campaign and > 0) labels[CampaignLabel] = campaign.ToString(CultureInfo.InvariantCulture);
        return labels.ToImmutable();
    }

    /// <summary>The label by which the runs of a campaign are found.</summary>
    public const string CampaignLabel = "campaign_id";

    private int Priority() => _specific?["job_priority"] switch
    {
        null => 0,
        JsonValue value when value.GetValueKind() == JsonValueKind.Number && value.TryGetValue<int>(out var number) && Math.Abs((long)number) <= JobLimits.PriorityMagnitude => number,
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>() switch
        {
            "low" => -50,
            "normal" or "medium" or "" => 0,
            "high" => 50,
            "critical" => 100,
            _ => throw WrongPriority(),
        },
        _ => throw WrongPriority(),
    };

    private static OpsFault WrongPriority() => OpsFault.Bad($"job_priority must be low, normal, high, critical, or a number from -{JobLimits.PriorityMagnitude} to {JobLimits.PriorityMagnitude}");

    private TimeSpan? GoTime(string name)
    {
        if (_specific.Text(name, "scheduler") is not { Length: > 0 } text) return null;
        return GoDuration.TryParse(text, out var duration) && duration >= TimeSpan.Zero ? duration : throw OpsFault.Bad($"{name} is '{OpsFault.Short(text)}', which is no duration; write one such as 720h or 1h30m");
    }

    private static DateTimeOffset? Time(JsonObject? from, string name, string path)
    {
        if (from.Text(name, path) is not { Length: > 0 } text) return null;
        return Rfc3339.TryParse(text, null, out var time) ? time.Value : throw OpsFault.Bad($"{path}.{name}: {Rfc3339.Expected}");
    }
}
