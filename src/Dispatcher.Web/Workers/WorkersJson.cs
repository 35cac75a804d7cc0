using System.Text.Json.Serialization;

namespace Dispatcher.Web.Workers;

/// <summary>Source-generated JSON of the workers' protocol.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LeaseTasksRequest))]
[JsonSerializable(typeof(LeasedTasks))]
[JsonSerializable(typeof(HeartbeatRequest))]
[JsonSerializable(typeof(HeartbeatAnswer))]
[JsonSerializable(typeof(CompleteRequest))]
[JsonSerializable(typeof(FailRequest))]
[JsonSerializable(typeof(AnswerAccepted))]
[JsonSerializable(typeof(UploadedArtifact))]
[JsonSerializable(typeof(QueuePage))]
internal sealed partial class WorkersJson : JsonSerializerContext;
