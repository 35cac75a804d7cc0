using System.Runtime.InteropServices;
using System.Text.Json;

namespace Dispatcher.Jobs;

/// <summary>A JSON value as it is stored.</summary>
internal static class JsonSize
{
    /// <summary>JSON's null is stored as nothing and reads as nothing, so it is nothing from the start: live and replayed states are equal.</summary>
    public static JsonElement? NullAsAbsent(JsonElement? value) => value is { ValueKind: JsonValueKind.Null } ? null : value;

    /// <summary>Bytes of the value's UTF-8 text.</summary>
    public static int Of(JsonElement value) => JsonMarshal.GetRawUtf8Value(value).Length;
}
