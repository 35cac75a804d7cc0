using System.Text.Json.Serialization;

namespace Dispatcher.Web.Stats;

/// <summary>Source-generated JSON of statistics.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StatsView))]
internal sealed partial class StatsJson : JsonSerializerContext;
