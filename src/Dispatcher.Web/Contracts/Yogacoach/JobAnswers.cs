using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dispatcher.Jobs;

namespace Dispatcher.Web.Contracts.Yogacoach;

/// <summary>What the contract answers to a request for a job.</summary>
/// <param name="EstimatedWaitSeconds">From now until <paramref name="EstimatedFinishTime"/>: 0 for a job that has ended.</param>
internal sealed record JobAnswer(string JobId, string Status, string StatusUrl, string EstimatedFinishTime, int EstimatedWaitSeconds, string IdempotencyKey);

/// <summary>What the contract says of a job: progress while it is under way, the result of a completed one, the error of a failed one, or of one that is parked.</summary>
/// <param name="Delivery">What became of the delivery: the receipts of <c>channel.deliver</c>.</param>
internal sealed record StatusAnswer(string JobId, string Status, ProgressAnswer? Progress = null, JsonElement? Result = null, JsonElement? Delivery = null, string? Error = null);

/// <param name="CurrentStep">The step that runs or comes next.</param>
/// <param name="ProgressPercentage">0..99.</param>
internal sealed record ProgressAnswer(string CurrentStep, int ProgressPercentage);

/// <summary>From the engine's words to the contract's.</summary>
internal static class JobAnswers
{
    public const string Queued = "queued";
    public const string Running = "running";
    public const string Completed = "completed";
    public const string Failed = "failed";

    public static string UrlOf(string jobId) => $"/api/yogacoach/jobs/{jobId}/status";

    public static JobAnswer Of(JobId id, string status, TimeSpan untilEnd, DateTimeOffset? endedAt, DateTimeOffset now, string key)
    {
        var seconds = (int)Math.Min(int.MaxValue, Math.Ceiling(untilEnd.TotalSeconds));
        var finish = endedAt ?? now.AddSeconds(seconds);
        return new JobAnswer(id.ToString(), status, UrlOf(id.ToString()), finish.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), endedAt is null ? seconds : 0, key);
    }

    /// <summary>A job is queued until its first step has started.</summary>
    public static string StatusOf(JobState state) => state.Status switch
    {
        JobStatus.Completed => Completed,
        JobStatus.Failed or JobStatus.Cancelled => Failed,
        _ => state.Steps.Any(step => step.Attempt > 0) ? Running : Queued,
    };

    /// <param name="parked">Why the job cannot go on now; null if it can. It is not failed, since it goes on when the server has what it needs.</param>
    public static StatusAnswer Of(JobId id, JobState state, double progress, string? parked) => StatusOf(state) switch
    {
        Completed => new StatusAnswer(id.ToString(), Completed, Result: state.Output, Delivery: DeliveryOf(state.Output)),
        Failed => new StatusAnswer(id.ToString(), Failed, Error: ErrorOf(state)),
        var status => new StatusAnswer(id.ToString(), status, new ProgressAnswer(CurrentStep(state), Math.Min(99, (int)progress)), Error: parked is null ? null : $"The job is parked: {parked}"),
    };

    private static JsonElement? DeliveryOf(JsonElement? output) =>
        output is { ValueKind: JsonValueKind.Object } result && result.TryGetProperty("delivery", out var delivery) && delivery.ValueKind == JsonValueKind.Object ? delivery : null;

    private static string ErrorOf(JobState state) => state switch
    {
        { Failure: { } failure } => failure.Message,
        { Status: JobStatus.Cancelled, Reason: { } reason } => $"The job was cancelled: {reason}",
        { Status: JobStatus.Cancelled } => "The job was cancelled.",
        _ => "The job failed.",
    };

    private static string CurrentStep(JobState state)
    {
        var open = Enumerable.Range(0, state.Steps.Length).Where(index => !state.Steps[index].Status.IsTerminal()).ToList();
        if (open.Count == 0) return Queued;
        var current = open.FindIndex(index => state.Steps[index].Status is StepStatus.Running or StepStatus.Retrying);
        return state.Plan.Steps[open[Math.Max(0, current)]].Id;
    }
}

/// <summary>Source-generated JSON of the contract's answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JobAnswer))]
[JsonSerializable(typeof(StatusAnswer))]
internal sealed partial class YogacoachJson : JsonSerializerContext;
