using System.Runtime.InteropServices;
using System.Text.Json;

namespace Dispatcher.Jobs;

/// <summary>The size of a JSON value as it is stored.</summary>
internal static class JsonSize
{
    /// <summary>Bytes of the value's UTF-8 text.</summary>
    public static int Of(JsonElement value) => JsonMarshal.GetRawUtf8Value(value).Length;
}
