using System.Text.Json.Serialization;

namespace Dispatcher.Web.Contracts.TalkAvocado;

/// <summary>A job that was made.</summary>
/// <param name="ManifestKey">Where its manifest is, below the storage's root.</param>
internal sealed record TalkJobCreated(
    [property: JsonPropertyName("jobId")] string JobId,
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("env")] string Env,
    [property: JsonPropertyName("tenantId")] string TenantId,
    [property: JsonPropertyName("manifestKey")] string ManifestKey);

/// <summary>A job and what it has made so far.</summary>
internal sealed record TalkJobView(
    [property: JsonPropertyName("jobId")] string JobId,
    [property: JsonPropertyName("tenantId")] string TenantId,
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("artifacts")] TalkArtifacts Artifacts,
    [property: JsonPropertyName("manifestKey")] string ManifestKey,
    [property: JsonPropertyName("updatedAt")] string UpdatedAt);

/// <summary>Keys of files, read from the manifest; what is not there yet is absent.</summary>
internal sealed record TalkArtifacts
{
    [JsonPropertyName("audio")]
    public string? Audio { get; init; }

    [JsonPropertyName("transcript")]
    public string? Transcript { get; init; }

    [JsonPropertyName("plan")]
    public string? Plan { get; init; }

    [JsonPropertyName("renders")]
    public IReadOnlyList<string>? Renders { get; init; }
}

/// <summary>Why something was not done.</summary>
/// <param name="JobId">The job that was made before, for a duplicate.</param>
internal sealed record TalkErrorView(
    [property: JsonPropertyName("error")] string Error,
    [property: JsonPropertyName("jobId")] string? JobId = null,
    [property: JsonPropertyName("manifestKey")] string? ManifestKey = null);

/// <summary>Source-generated JSON of this contract.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TalkJobCreated))]
[JsonSerializable(typeof(TalkJobView))]
[JsonSerializable(typeof(TalkErrorView))]
internal sealed partial class TalkJson : JsonSerializerContext;
