using System.Text.Encodings.Web;
using System.Text.Json;

namespace Dispatcher.Host.Terminal;

/// <summary>JSON as this program prints it: indented, names in snake case, letters of all languages as they are.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Of<T>(T value) => JsonSerializer.Serialize(value, Options);
}
