using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dispatcher.Web.Live;

/// <summary>What a client of the hub asks to follow: a job, a workflow, or the whole tenant.</summary>
internal sealed record SubscribeRequest
{
    /// <summary>The caller's own tenant; may be left out.</summary>
    public string? Tenant { get; init; }

    public string? Job { get; init; }

    public string? Workflow { get; init; }

    /// <summary>Names of events with commas between; all if absent.</summary>
    public string? Types { get; init; }

    /// <summary>The position after which to begin; as of server-sent events, if absent.</summary>
    public string? After { get; init; }
}

/// <param name="Subscription">Names the subscription within the connection.</param>
/// <param name="Position">Where it begins.</param>
internal sealed record SubscribedView(string Subscription, string Position);

/// <param name="Position">The subscription goes on after this; read the lists anew.</param>
internal sealed record ReloadView(string Subscription, string Position);

/// <param name="State"><c>recovering</c> or <c>ready</c>.</param>
/// <param name="Incarnation">The number of the node's life; another number means that it was restarted.</param>
internal sealed record NodeView(string State, long Incarnation, string Version, DateTimeOffset At);

/// <summary>JSON that is written already. So the hub's messages have the bytes of server-sent events, whatever the application has set for its own hubs.</summary>
[JsonConverter(typeof(RawJsonConverter))]
internal readonly record struct RawJson(ReadOnlyMemory<byte> Utf8);

internal sealed class RawJsonConverter : JsonConverter<RawJson>
{
    public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) => writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
}

/// <summary>Source-generated JSON of the hub.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(SubscribeRequest))]
[JsonSerializable(typeof(SubscribedView))]
[JsonSerializable(typeof(ReloadView))]
[JsonSerializable(typeof(NodeView))]
internal sealed partial class HubJson : JsonSerializerContext
{
    public static RawJson Write(SubscribedView view) => new(JsonSerializer.SerializeToUtf8Bytes(view, Default.SubscribedView));

    public static RawJson Write(ReloadView view) => new(JsonSerializer.SerializeToUtf8Bytes(view, Default.ReloadView));

    public static RawJson Write(NodeView view) => new(JsonSerializer.SerializeToUtf8Bytes(view, Default.NodeView));
}
