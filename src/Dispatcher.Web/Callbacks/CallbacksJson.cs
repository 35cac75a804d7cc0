using System.Text.Json.Serialization;

namespace Dispatcher.Web.Callbacks;

/// <summary>Source-generated JSON of callbacks.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DeliveryPage))]
[JsonSerializable(typeof(ReplayReceipt))]
[JsonSerializable(typeof(ReceiverList))]
[JsonSerializable(typeof(SecretView))]
internal sealed partial class CallbacksJson : JsonSerializerContext;
