using System.Text.Json.Serialization;

namespace Dispatcher.Web.Workflows;

/// <summary>Source-generated JSON of workflows.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(WorkflowListItem))]
[JsonSerializable(typeof(WorkflowPage))]
[JsonSerializable(typeof(WorkflowDetails))]
internal sealed partial class WorkflowsJson : JsonSerializerContext;
