using System.Text.Json.Serialization;
using Dispatcher.Web.Jobs;

namespace Dispatcher.Web.Json;

/// <summary>Source-generated JSON of the gateway's bodies.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateJobRequest))]
[JsonSerializable(typeof(JobView))]
internal sealed partial class ApiJsonContext : JsonSerializerContext;
