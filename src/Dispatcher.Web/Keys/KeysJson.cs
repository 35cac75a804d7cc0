using System.Text.Json.Serialization;

namespace Dispatcher.Web.Keys;

/// <summary>Source-generated JSON of keys.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateKeyRequest))]
[JsonSerializable(typeof(RotateKeyRequest))]
[JsonSerializable(typeof(NewKeyView))]
[JsonSerializable(typeof(KeyListView))]
internal sealed partial class KeysJson : JsonSerializerContext;
