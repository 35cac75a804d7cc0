using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>
/// The shape of a job's manifest, version 1.0.0 (Talk-Avocado contract, flat reading). Properties that the schema does not name are allowed
/// everywhere.
/// </summary>
public static partial class ManifestSchema
{
    public const string Version = "1.0.0";

    private static readonly Rule Text = (node, path, faults) => Fault(faults, path, node.GetValueKind() == JsonValueKind.String, "must be a string");
    private static readonly Rule Number = (node, path, faults) => Fault(faults, path, IsNumber(node, out var value) && value >= 0, "must be a number of at least 0");
    private static readonly Rule Count = (node, path, faults) =>
        Fault(faults, path, IsNumber(node, out var value) && value >= 0 && value == Math.Floor(value), "must be a whole number of at least 0");
    private static readonly Rule Share = (node, path, faults) => Fault(faults, path, IsNumber(node, out var value) && value is >= 0 and <= 1, "must be a number from 0 to 1");
    private static readonly Rule Time = (node, path, faults) => Fault(
        faults, path, IsText(node, out var text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out _), "must be a time (ISO 8601)");
    private static readonly Rule Uuid = (node, path, faults) => Fault(faults, path, IsText(node, out var text) && Guid.TryParseExact(text, "D", out _), "must be a UUID");

    private static readonly Rule Root = Object(
        ("schemaVersion*", OneOf(Version)),
        ("env*", OneOf("dev", "stage", "prod", "test")),
        ("tenantId*", Matches(Tenant())),
        ("jobId*", Uuid),
        ("createdAt*", Time),
        ("updatedAt*", Time),
        ("status*", OneOf("pending", "processing", "completed", "failed", "cancelled")),
        ("sourceVideoKey", Text),
        ("input", Object(
            ("sourceKey*", Text), ("originalFilename*", Text), ("bytes*", Count), ("mimeType*", Matches(MediaType())), ("checksum", Text), ("uploadedAt", Time))),
        ("audio", Object(
            ("key", Text), ("codec", OneOf("mp3", "wav", "aac")), ("durationSec", Number), ("bitrateKbps", Count), ("sampleRate", SampleRate), ("extractedAt", Time))),
        ("transcript", Object(
            ("jsonKey", Text), ("srtKey", Text), ("language", Matches(Language())), ("model", OneOf("tiny", "base", "small", "medium", "large")),
            ("confidence", Share), ("transcribedAt", Time))),
        ("plan", Object(("key", Text), ("schemaVersion", Text), ("algorithm", Text), ("totalCuts", Count), ("plannedAt", Time))),
        ("renders", List(Object(
            ("key*", Text), ("type*", OneOf("preview", "final", "thumbnail")), ("codec*", OneOf("h264", "h265", "vp9")), ("durationSec", Number),
            ("resolution", Matches(Resolution())), ("notes", Text), ("renderedAt", Time)))),
        ("subtitles", List(Object(
            ("key*", Text), ("type*", OneOf("source", "final")), ("format*", OneOf("srt", "vtt")), ("durationSec", Number), ("wordCount", Count), ("generatedAt", Time)))),
        ("logs", List(Object(("key", Text), ("type", OneOf("pipeline", "error", "debug")), ("createdAt", Time)))),
        ("metadata", Object(("clientVersion", Text), ("processingTimeMs", Count), ("tags", List(Text)))));

    private delegate void Rule(JsonNode node, string path, List<string> faults);

    /// <summary>Everything that is wrong with a manifest, each with its place; empty if it fits.</summary>
    public static IReadOnlyList<string> FaultsOf(JsonNode? manifest)
    {
        var faults = new List<string>();
        if (manifest is JsonObject) Root(manifest, "", faults);
        else faults.Add("it must be an object");
        return faults;
    }

    private static void SampleRate(JsonNode node, string path, List<string> faults) =>
        Fault(faults, path, IsNumber(node, out var value) && value is 16000 or 22050 or 44100 or 48000, "must be 16000, 22050, 44100 or 48000");

    /// <summary>An object with these properties; a star marks a required one.</summary>
    private static Rule Object(params (string Name, Rule Rule)[] properties) => (node, path, faults) =>
    {
        if (node is not JsonObject value)
        {
            faults.Add($"{path} must be an object");
            return;
        }

        foreach (var (marked, rule) in properties)
        {
            var name = marked.TrimEnd('*');
            var place = path.Length == 0 ? name : $"{path}.{name}";
            if (value.TryGetPropertyValue(name, out var property) && property is not null) rule(property, place, faults);
            else if (property is null && value.ContainsKey(name)) faults.Add($"{place} must not be null");
            else if (marked.EndsWith('*')) faults.Add($"{place} is missing");
        }
    };

    private static Rule List(Rule item) => (node, path, faults) =>
    {
        if (node is not JsonArray items)
        {
            faults.Add($"{path} must be an array");
            return;
        }

        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is { } value) item(value, $"{path}[{i}]", faults);
            else faults.Add($"{path}[{i}] must not be null");
        }
    };

    private static Rule OneOf(params string[] values) => (node, path, faults) =>
        Fault(faults, path, IsText(node, out var text) && values.Contains(text), $"must be {string.Join(", ", values)}");

    private static Rule Matches(Regex pattern) => (node, path, faults) =>
        Fault(faults, path, IsText(node, out var text) && pattern.IsMatch(text), $"must match {pattern}");

    private static void Fault(List<string> faults, string path, bool isValid, string demand)
    {
        if (!isValid) faults.Add($"{path} {demand}");
    }

    private static bool IsText(JsonNode node, out string text)
    {
        text = "";
        return node is JsonValue value && value.TryGetValue(out text!);
    }

    /// <summary>A value set in code keeps its own number type, so the number is read from the JSON that it would become.</summary>
    private static bool IsNumber(JsonNode node, out double number)
    {
        number = 0;
        return node.GetValueKind() == JsonValueKind.Number && double.TryParse(node.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number);
    }

    // \z, not $: a line feed at the end is no part of a name.
    [GeneratedRegex(@"^[a-z0-9](?:[a-z0-9-_]{0,62}[a-z0-9])?\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Tenant();

    [GeneratedRegex(@"^(video|audio)/.*\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MediaType();

    [GeneratedRegex(@"^[a-z]{2}(-[A-Z]{2})?\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Language();

    [GeneratedRegex(@"^[0-9]+x[0-9]+\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Resolution();
}
