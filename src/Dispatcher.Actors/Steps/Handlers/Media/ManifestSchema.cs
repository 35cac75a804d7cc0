using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Workflows;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>
/// The shape of a job's manifest, version 1.0.0 (Talk-Avocado contract, flat reading). Properties that the schema does not name are allowed
/// everywhere.
/// </summary>
public static class ManifestSchema
{
    public const string Version = "1.0.0";

    private const string Day = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
    private const string Clock = "[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})";
    private const string Time = $$"""{ "type": "string", "pattern": "^{{Day}}T{{Clock}}$" }""";
    private const string Text = """{ "type": "string" }""";
    private const string Number = """{ "type": "number", "minimum": 0 }""";
    private const string Count = """{ "type": "integer", "minimum": 0 }""";

    /// <summary>The schema as JSON.</summary>
    public const string Json = $$"""
        {
          "type": "object",
          "required": ["schemaVersion", "env", "tenantId", "jobId", "createdAt", "updatedAt", "status"],
          "properties": {
            "schemaVersion": { "const": "{{Version}}" },
            "env": { "enum": ["dev", "stage", "prod", "test"] },
            "tenantId": { "type": "string", "pattern": "^[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?$" },
            "jobId": { "type": "string", "pattern": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$" },
            "createdAt": {{Time}},
            "updatedAt": {{Time}},
            "status": { "enum": ["pending", "processing", "completed", "failed", "cancelled"] },
            "sourceVideoKey": {{Text}},
            "input": {
              "type": "object",
              "required": ["sourceKey", "originalFilename", "bytes", "mimeType"],
              "properties": {
                "sourceKey": {{Text}}, "originalFilename": {{Text}}, "bytes": {{Count}},
                "mimeType": { "type": "string", "pattern": "^(video|audio)/.*$" }, "checksum": {{Text}}, "uploadedAt": {{Time}}
              }
            },
            "audio": {
              "type": "object",
              "properties": {
                "key": {{Text}}, "codec": { "enum": ["mp3", "wav", "aac"] }, "durationSec": {{Number}}, "bitrateKbps": {{Count}},
                "sampleRate": { "enum": [16000, 22050, 44100, 48000] }, "extractedAt": {{Time}}
              }
            },
            "transcript": {
              "type": "object",
              "properties": {
                "jsonKey": {{Text}}, "srtKey": {{Text}}, "language": { "type": "string", "pattern": "^[a-z]{2}(-[A-Z]{2})?$" },
                "model": { "enum": ["tiny", "base", "small", "medium", "large"] },
                "confidence": { "type": "number", "minimum": 0, "maximum": 1 }, "transcribedAt": {{Time}}
              }
            },
            "plan": {
              "type": "object",
              "properties": { "key": {{Text}}, "schemaVersion": {{Text}}, "algorithm": {{Text}}, "totalCuts": {{Count}}, "plannedAt": {{Time}} }
            },
            "renders": {
              "type": "array",
              "items": {
                "type": "object",
                "required": ["key", "type", "codec"],
                "properties": {
                  "key": {{Text}}, "type": { "enum": ["preview", "final", "thumbnail"] }, "codec": { "enum": ["h264", "h265", "vp9"] },
                  "durationSec": {{Number}}, "resolution": { "type": "string", "pattern": "^[0-9]+x[0-9]+$" },
                  "notes": {{Text}}, "renderedAt": {{Time}}
                }
              }
            },
            "subtitles": {
              "type": "array",
              "items": {
                "type": "object",
                "required": ["key", "type", "format"],
                "properties": {
                  "key": {{Text}}, "type": { "enum": ["source", "final"] }, "format": { "enum": ["srt", "vtt"] },
                  "durationSec": {{Number}}, "wordCount": {{Count}}, "generatedAt": {{Time}}
                }
              }
            },
            "logs": {
              "type": "array",
              "items": {
                "type": "object",
                "properties": { "key": {{Text}}, "type": { "enum": ["pipeline", "error", "debug"] }, "createdAt": {{Time}} }
              }
            },
            "metadata": {
              "type": "object",
              "properties": { "clientVersion": {{Text}}, "processingTimeMs": {{Count}}, "tags": { "type": "array", "items": {{Text}} } }
            }
          }
        }
        """;

    private static readonly Lazy<JsonSchema> Schema = new(() => JsonSchema.Parse(Json));

    /// <summary>Everything that is wrong with a manifest, each with its place; empty if it fits.</summary>
    public static IReadOnlyList<string> FaultsOf(JsonNode? manifest) =>
        [.. Schema.Value.Validate(JsonSerializer.SerializeToElement(manifest)).Select(fault => fault.ToString())];
}
