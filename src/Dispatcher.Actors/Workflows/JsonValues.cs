using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows;

/// <summary>JSON values that expressions make.</summary>
internal static class JsonValues
{
    /// <summary>Deeper than what any value that may be put together can be.</summary>
    private const int DepthLimit = 4 * WorkflowLimits.Nesting;

    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonElement True { get; } = JsonElement.Parse("true");

    public static JsonElement False { get; } = JsonElement.Parse("false");

    public static JsonElement Null { get; } = JsonElement.Parse("null");

    public static JsonElement Of(bool value) => value ? True : False;

    public static JsonElement Of(int value) => JsonElement.Parse(value.ToString(CultureInfo.InvariantCulture));

    public static JsonElement Text(string value) => JsonSerializer.SerializeToElement(value);

    /// <summary>A failure as expressions see it: its class, its code (null if it has none) and its message.</summary>
    public static JsonElement Of(Failure failure) => Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("class", failure.Class.ToText());
        writer.WriteString("code", failure.Code);
        writer.WriteString("message", failure.Message);
        writer.WriteEndObject();
    });

    /// <summary>A copy of an object (or of null, which counts as an empty one) in which the property has this value.</summary>
    public static JsonElement With(JsonElement target, string name, JsonElement value) => Write(writer =>
    {
        writer.WriteStartObject();
        if (target.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in target.EnumerateObject())
            {
                if (!property.NameEquals(name)) property.WriteTo(writer);
            }
        }

        writer.WritePropertyName(name);
        value.WriteTo(writer);
        writer.WriteEndObject();
    });

    /// <summary>A kind as people call it.</summary>
    public static string NameOf(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };

    private static JsonElement Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Writing)) write(writer);
        return JsonElement.Parse(buffer.WrittenSpan, new JsonDocumentOptions { MaxDepth = DepthLimit });
    }
}
