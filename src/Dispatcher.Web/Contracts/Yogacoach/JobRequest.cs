using System.Buffers;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Contracts.Yogacoach;

/// <summary>The contract's request for a job, checked.</summary>
/// <param name="EstimatedMinutes">As long as the recording lasts: what may have to be paid for at the most.</param>
internal sealed record JobRequest(string PayloadType, JsonElement Keypoints, string Channel, string UserId, string Version, string Workflow, double EstimatedMinutes)
{
    public const string KeypointsType = "keypoints";

    /// <summary>Delivers when the user's own channel does not: whoever polls or follows the job sees the result there.</summary>
    private const string LastChannel = "web";

    private const int UserCharacters = 128;

    private static readonly string[] Fields = ["payload_type", "payload", "callback_config", "pipeline_version"];
    private static readonly string[] PayloadFields = ["keypoints_data"];
    private static readonly string[] Channels = ["web", "webhook", "line"];

    /// <summary>The pipeline version that a body names, whatever else is wrong with it.</summary>
    public static string? VersionOf(JsonElement body) => body.TryGetProperty("pipeline_version", out var version) && version.ValueKind == JsonValueKind.String ? version.GetString() : null;

    public static (JobRequest? Request, ContractError? Fault) Read(JsonElement body)
    {
        var faults = new List<RequestFault>();
        Unknown(body, Fields, "", $"is no field of the request; those are {string.Join(", ", Fields)}, or job_id alone", faults);
        var type = Text(body, "payload_type", "payload_type", faults);
        var version = Text(body, "pipeline_version", "pipeline_version", faults);
        var callback = Part(body, "callback_config", faults);
        var payload = Part(body, "payload", faults);
        var channel = callback is { } config ? Text(config, "channel", "callback_config.channel", faults) : null;
        var user = callback is { } of ? Text(of, "user_id", "callback_config.user_id", faults) : null;
        // What stands beside the keypoints would be lost without a word: a consent, say.
        if (payload is { } parts) Unknown(parts, PayloadFields, "payload.", "is no field of the payload, which has keypoints_data alone; what is known of the recording belongs in there", faults);
        JsonElement keypoints = default;
        if (payload is { } data && !data.TryGetProperty("keypoints_data", out keypoints) && type == KeypointsType) faults.Add(new RequestFault("payload.keypoints_data", "is missing"));
        if (faults.Count > 0) return (null, ContractError.Of(StatusCodes.Status400BadRequest, "invalid-request", faults));
        return Check(type!, keypoints, channel!, user!, version!);
    }

    /// <summary>The job's input. Written in one go: most of it are the keypoints.</summary>
    public JsonElement InputFor(Envelope envelope)
    {
        var buffer = new ArrayBufferWriter<byte>(PackedKeypoints.PlainLimitBytes);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("payload_type", PayloadType);
            writer.WritePropertyName("keypoints_data");
            PackedKeypoints.Write(Keypoints, writer);
            writer.WriteStartObject("callback");
            writer.WriteString("user_id", UserId);
            writer.WriteStartArray("channels");
            writer.WriteStringValue(Channel);
            if (Channel != LastChannel) writer.WriteStringValue(LastChannel);
            writer.WriteEndArray();
            writer.WriteEndObject();
            writer.WriteString("pipeline_version", Version);
            writer.WriteString("session_id", envelope.SessionId);
            if (envelope.PlanId is { } plan) writer.WriteString("plan_id", plan);
            if (envelope.ActorId is { } actor) writer.WriteString("actor_id", actor);
            if (envelope.SubjectUserId is { } subject) writer.WriteString("subject_user_id", subject);
            writer.WriteNumber("estimated_billable_minutes", EstimatedMinutes);
            writer.WriteEndObject();
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private static (JobRequest? Request, ContractError? Fault) Check(string type, JsonElement keypoints, string channel, string user, string version)
    {
        if (type != KeypointsType)
        {
            var why = type == "video" ? "videos are not taken here: extract the keypoints on the device, and send those" : "there is no such payload";
            return (null, Unprocessable("unsupported-payload", new RequestFault("payload_type", $"'{Excerpt.Of(type)}' must be '{KeypointsType}': {why}")));
        }

        if (!Channels.Contains(channel, StringComparer.Ordinal))
            return (null, Unprocessable("unknown-channel", new RequestFault("callback_config.channel", $"'{Excerpt.Of(channel)}' is none of {string.Join(", ", Channels)}")));
        if (user.Length > UserCharacters || user.Any(char.IsControl))
            return (null, Unprocessable("invalid-user", new RequestFault("callback_config.user_id", $"must have 1 to {UserCharacters} characters and no control character")));
        if (PipelineVersion.WorkflowOf(version) is not { } workflow) return (null, UnknownVersion(version));
        var (faults, seconds) = KeypointsCheck.Run(keypoints, "payload.keypoints_data");
        return faults.Count > 0
            ? (null, ContractError.Of(StatusCodes.Status422UnprocessableEntity, "invalid-keypoints", faults))
            : (new JobRequest(type, keypoints, channel, user, version, workflow, Math.Round(seconds / 60, 6)), null);
    }

    public static ContractError UnknownVersion(string version) => Unprocessable(
        "unknown-pipeline-version", new RequestFault("pipeline_version", $"there is no pipeline '{Excerpt.Of(version)}'; a version such as v1.2.0 is there when the workflow yogacoach-v1-2-0 is registered"));

    private static ContractError Unprocessable(string code, RequestFault fault) => ContractError.Of(StatusCodes.Status422UnprocessableEntity, code, [fault]);

    private static void Unknown(JsonElement json, string[] fields, string path, string message, List<RequestFault> faults)
    {
        foreach (var name in UnknownNames.In(json, fields)) faults.Add(new RequestFault(path + name, message));
    }

    private static string? Text(JsonElement json, string field, string path, List<RequestFault> faults)
    {
        if (json.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text) return text;
        faults.Add(new RequestFault(path, "must be a text that is not empty"));
        return null;
    }

    private static JsonElement? Part(JsonElement body, string field, List<RequestFault> faults)
    {
        if (body.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Object) return value;
        faults.Add(new RequestFault(field, "must be an object"));
        return null;
    }
}
