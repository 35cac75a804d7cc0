using System.Globalization;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Web.Problems;

namespace Dispatcher.Web.Contracts.Yogacoach;

/// <summary>
/// Whether <c>keypoints_data</c> has the shape that the pipeline reads: an object with <c>frames</c>, or a list of frames, each
/// <c>{frame_id, timestamp, keypoints: {joint: {x, y, confidence}}}</c>. An empty object is a recording without frames. What the keypoints are worth is for the pipeline to say.
/// Names are exact: a reader that takes <c>Frames</c> for <c>frames</c> would analyse another recording than the one that was measured here. Other names are left to the pipeline.
/// </summary>
internal sealed class KeypointsCheck
{
    public const int FrameLimit = 100_000;
    public const int JointLimit = 64;
    public const int ScoreLimit = 100;
    public const int AreaLimit = 20;
    public const int AreaCharacters = 100;

    /// <summary>More faults are of no use to anybody.</summary>
    private const int FaultLimit = 20;
    private const int NameCharacters = 40;
    private const double CoordinateLimit = 1_000_000;
    private const double TimestampLimit = 86_400;
    private const int PixelLimit = 100_000;

    private static readonly string[] RecordingFields = ["frames", "video_metadata", "user_consent", "user_pain_report", "previous_scores"];
    private static readonly string[] FrameFields = ["frame_id", "timestamp", "keypoints"];
    private static readonly string[] JointFields = ["x", "y", "confidence"];
    private static readonly string[] MetadataFields = ["duration", "resolution", "fps"];
    private static readonly string[] PainFields = ["reported", "areas"];

    private readonly List<RequestFault> _faults = [];
    private double _first;
    private double _last = double.NegativeInfinity;
    private int _frames;

    private KeypointsCheck()
    {
    }

    /// <summary>
    /// The faults, and how many seconds the recording lasts if there are none: from the first frame to the end of the last, in hundredths, since timestamps with three digits
    /// make a minute of sixty seconds and the third of a millisecond, and two whole ones would be held for it.
    /// </summary>
    public static (IReadOnlyList<RequestFault> Faults, double Seconds) Run(JsonElement keypoints, string path)
    {
        var check = new KeypointsCheck();
        switch (keypoints.ValueKind)
        {
            case JsonValueKind.Array:
                check.Frames(keypoints, path);
                break;
            case JsonValueKind.Object:
                check.Recording(keypoints, path);
                break;
            default:
                check.Add(path, "must be an object with frames, or a list of frames");
                break;
        }

        var seconds = check._frames < 2 ? 0 : (check._last - check._first) * check._frames / (check._frames - 1);
        return (check._faults, Math.Round(seconds, 2));
    }

    private void Recording(JsonElement recording, string path)
    {
        if (MisspeltIn(recording, RecordingFields) is { } wrong) AddMisspelt(path, wrong);
        if (recording.TryGetProperty("packed", out _)) Add($"{path}.packed", "is for the server's own use; send the frames as they are");
        if (recording.TryGetProperty("frames", out var frames)) Frames(frames, $"{path}.frames");
        if (Given(recording, "video_metadata") is { } metadata) Metadata(metadata, $"{path}.video_metadata");
        if (Given(recording, "user_consent") is { ValueKind: not (JsonValueKind.True or JsonValueKind.False) }) Add($"{path}.user_consent", "must be true or false");
        if (Given(recording, "user_pain_report") is { } pain) Pain(pain, $"{path}.user_pain_report");
        if (Given(recording, "previous_scores") is { } scores) Scores(scores, $"{path}.previous_scores");
    }

    private void Frames(JsonElement frames, string path)
    {
        if (frames.ValueKind != JsonValueKind.Array)
        {
            Add(path, "must be a list of frames");
            return;
        }

        _frames = frames.GetArrayLength();
        if (_frames > FrameLimit) Add(path, $"has {_frames} frames; at most {FrameLimit} are taken");
        var index = 0;
        foreach (var frame in frames.EnumerateArray())
        {
            if (_faults.Count >= FaultLimit) return;
            Frame(frame, path, index++);
        }
    }

    private void Frame(JsonElement frame, string path, int index)
    {
        var at = string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]");
        if (frame.ValueKind != JsonValueKind.Object)
        {
            Add(at, "must be an object with frame_id, timestamp and keypoints");
            return;
        }

        if (MisspeltIn(frame, FrameFields) is { } wrong) AddMisspelt(at, wrong);
        if (!frame.TryGetProperty("frame_id", out var id) || id.ValueKind != JsonValueKind.Number || !id.TryGetInt32(out _)) Add($"{at}.frame_id", "must be a whole number");
        Timestamp(frame, at);
        if (!frame.TryGetProperty("keypoints", out var joints) || joints.ValueKind != JsonValueKind.Object)
        {
            Add($"{at}.keypoints", "must be an object of joints");
            return;
        }

        if (joints.GetPropertyCount() > JointLimit) Add($"{at}.keypoints", $"has {joints.GetPropertyCount()} joints; at most {JointLimit} are taken");
        foreach (var joint in joints.EnumerateObject()) Joint(joint, at);
    }

    private void Timestamp(JsonElement frame, string at)
    {
        if (!frame.TryGetProperty("timestamp", out var value) || !IsNumber(value, 0, TimestampLimit, out var timestamp))
        {
            Add($"{at}.timestamp", $"must be seconds from 0 to {TimestampLimit:0}");
            return;
        }

        if (double.IsNegativeInfinity(_last)) _first = timestamp;
        else if (timestamp < _last) Add($"{at}.timestamp", "is before that of the frame before it; frames come in the order of time");
        _last = Math.Max(_last, timestamp);
    }

    private void Joint(JsonProperty joint, string at)
    {
        var value = joint.Value;
        var isGood = value.ValueKind == JsonValueKind.Object
            && value.TryGetProperty("x", out var x) && IsNumber(x, -CoordinateLimit, CoordinateLimit, out _)
            && value.TryGetProperty("y", out var y) && IsNumber(y, -CoordinateLimit, CoordinateLimit, out _)
            && value.TryGetProperty("confidence", out var confidence) && IsNumber(confidence, 0, 1, out _);
        if (!isGood) Add($"{at}.keypoints.{Excerpt.Of(joint.Name, NameCharacters)}", "must be {x, y, confidence}: pixels, and 0 to 1");
        else if (MisspeltIn(value, JointFields) is { } wrong) AddMisspelt($"{at}.keypoints.{Excerpt.Of(joint.Name, NameCharacters)}", wrong);
    }

    private void Metadata(JsonElement metadata, string path)
    {
        if (metadata.ValueKind != JsonValueKind.Object)
        {
            Add(path, "must be an object with duration, resolution and fps");
            return;
        }

        if (MisspeltIn(metadata, MetadataFields) is { } wrong) AddMisspelt(path, wrong);
        if (Given(metadata, "duration") is { } duration && !IsNumber(duration, 0, TimestampLimit, out _)) Add($"{path}.duration", $"must be seconds from 0 to {TimestampLimit:0}");
        if (Given(metadata, "fps") is { } fps && !IsNumber(fps, 0, 1000, out _)) Add($"{path}.fps", "must be frames a second, from 0 to 1000");
        if (Given(metadata, "resolution") is { } resolution && !IsResolution(resolution)) Add($"{path}.resolution", $"must be width and height in pixels, each 1 to {PixelLimit}: 1280x720");
    }

    private static bool IsResolution(JsonElement resolution) =>
        resolution.ValueKind == JsonValueKind.String
        && resolution.GetString()!.Split('x') is [var width, var height]
        && IsPixels(width) && IsPixels(height);

    private static bool IsPixels(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var pixels) && pixels is > 0 and <= PixelLimit;

    private void Pain(JsonElement pain, string path)
    {
        if (pain.ValueKind != JsonValueKind.Object || !pain.TryGetProperty("reported", out var reported) || reported.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Add(path, "must be an object with reported: true or false");
            return;
        }

        if (MisspeltIn(pain, PainFields) is { } wrong) AddMisspelt(path, wrong);
        if (Given(pain, "areas") is { } areas && !IsAreas(areas)) Add($"{path}.areas", $"must be a list of at most {AreaLimit} texts of 1 to {AreaCharacters} characters");
    }

    private static bool IsAreas(JsonElement areas) =>
        areas.ValueKind == JsonValueKind.Array
        && areas.GetArrayLength() <= AreaLimit
        && areas.EnumerateArray().All(area => area.ValueKind == JsonValueKind.String && area.GetString() is { Length: > 0 and <= AreaCharacters });

    private void Scores(JsonElement scores, string path)
    {
        if (scores.ValueKind != JsonValueKind.Array || scores.GetArrayLength() > ScoreLimit || scores.EnumerateArray().Any(score => !IsNumber(score, 0, 1, out _)))
            Add(path, $"must be a list of at most {ScoreLimit} numbers from 0 to 1, the newest last");
    }

    /// <summary>The first name that is one of ours but for its case.</summary>
    private static (string Name, string Meant)? MisspeltIn(JsonElement json, string[] fields)
    {
        foreach (var field in json.EnumerateObject())
        {
            if (Array.Exists(fields, name => field.NameEquals(name))) continue;
            if (Array.Find(fields, name => name.Equals(field.Name, StringComparison.OrdinalIgnoreCase)) is { } meant) return (field.Name, meant);
        }

        return null;
    }

    private void AddMisspelt(string path, (string Name, string Meant) wrong) => Add($"{path}.{Excerpt.Of(wrong.Name, NameCharacters)}", $"must be written {wrong.Meant}");

    private void Add(string path, string message)
    {
        if (_faults.Count < FaultLimit) _faults.Add(new RequestFault(path, message));
    }

    private static JsonElement? Given(JsonElement json, string field) => json.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static bool IsNumber(JsonElement value, double least, double greatest, out double number)
    {
        number = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out number) && number >= least && number <= greatest;
    }
}
