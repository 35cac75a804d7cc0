using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dispatcher.Web.Contracts.SchedulerService;

/// <summary>Reads members of JSON objects; one of the wrong type is refused with its path.</summary>
internal static class OpsFields
{
    public static string? Text(this JsonObject? from, string name, string path) => from?[name] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => throw Wrong(path, name, "a text"),
    };

    /// <summary>The same, where an empty text stands for none, as protobuf has it.</summary>
    public static string? Filled(this JsonObject? from, string name, string path) => from.Text(name, path) is { Length: > 0 } text ? text : null;

    public static long? Integer(this JsonObject? from, string name, string path) => from?[name] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.Number && value.TryGetValue<long>(out var number) => number,
        // Protobuf writes 64-bit integers as texts.
        JsonValue value when value.GetValueKind() == JsonValueKind.String && long.TryParse(value.GetValue<string>(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
        _ => throw Wrong(path, name, "a whole number"),
    };

    public static bool? Flag(this JsonObject? from, string name, string path) => from?[name] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False => value.GetValue<bool>(),
        _ => throw Wrong(path, name, "true or false"),
    };

    public static JsonObject? Object(this JsonObject? from, string name, string path) => from?[name] switch
    {
        null => null,
        JsonObject value => value,
        _ => throw Wrong(path, name, "an object"),
    };

    public static IReadOnlyList<string> Texts(this JsonObject? from, string name, string path)
    {
        if (from?[name] is not { } node) return [];
        if (node is not JsonArray list) throw Wrong(path, name, "a list of texts");
        return [.. list.Select(item => item is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : throw Wrong(path, name, "a list of texts"))];
    }

    private static OpsFault Wrong(string path, string name, string wanted) => OpsFault.Bad($"{(path.Length == 0 ? "" : path + ".")}{name} must be {wanted}");
}
