using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Dispatcher.Web.Json;

/// <summary>
/// Free JSON, such as a job's input, whose texts can all be read. The parser itself looks into a text only when somebody asks for it, so that bytes
/// that are not UTF-8, or half a surrogate pair, would be stored and fail much later.
/// </summary>
internal sealed class CheckedJsonElementConverter : JsonConverter<JsonElement>
{
    public override JsonElement Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var element = JsonMetadataServices.JsonElementConverter.Read(ref reader, typeToConvert, options);
        var raw = JsonMarshal.GetRawUtf8Value(element);
        if (!Utf8.IsValid(raw)) throw new JsonException("A text is not valid UTF-8");
        if (raw.IndexOf("\\ud"u8) >= 0 || raw.IndexOf("\\uD"u8) >= 0) ReadTexts(element);
        return element;
    }

    public override void Write(Utf8JsonWriter writer, JsonElement value, JsonSerializerOptions options) => value.WriteTo(writer);

    private static void ReadTexts(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    Read(() => property.Name);
                    ReadTexts(property.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray()) ReadTexts(item);
                break;
            case JsonValueKind.String:
                Read(element.GetString);
                break;
        }
    }

    private static void Read(Func<string?> text)
    {
        try
        {
            text();
        }
        catch (InvalidOperationException fault)
        {
            throw new JsonException("A text holds half of a surrogate pair", fault);
        }
    }
}
