using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dispatcher.Web.Health;
using Microsoft.AspNetCore.Mvc;

namespace Dispatcher.Web.Json;

/// <summary>Source-generated JSON of bodies that belong to no feature. Each feature has a context of its own beside its endpoints.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HealthView))]
[JsonSerializable(typeof(ProblemDetails))]
[JsonSerializable(typeof(JsonArray))]
[JsonSerializable(typeof(JsonValue))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(long))]
internal sealed partial class ApiJsonContext : JsonSerializerContext;
