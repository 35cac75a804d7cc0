using System.Globalization;
using System.Text.Json;

namespace Dispatcher.Workflows;

/// <summary>JSON values that expressions make.</summary>
internal static class JsonValues
{
    public static JsonElement True { get; } = JsonElement.Parse("true");

    public static JsonElement False { get; } = JsonElement.Parse("false");

    public static JsonElement Null { get; } = JsonElement.Parse("null");

    public static JsonElement Of(bool value) => value ? True : False;

    public static JsonElement Of(int value) => JsonElement.Parse(value.ToString(CultureInfo.InvariantCulture));

    public static JsonElement Text(string value) => JsonSerializer.SerializeToElement(value);

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
}
