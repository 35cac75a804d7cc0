using System.Text.Json.Serialization;

namespace Dispatcher.Web.Artifacts;

/// <summary>Source-generated JSON of artifacts.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ArtifactPage))]
internal sealed partial class ArtifactsJson : JsonSerializerContext;
