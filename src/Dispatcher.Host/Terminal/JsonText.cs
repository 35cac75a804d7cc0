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

    private static readonly JsonSerializerOptions Compact = new(Options) { WriteIndented = false };

    /// <summary>On one line, for JSON lines.</summary>
    public static string Line<T>(T value) => JsonSerializer.Serialize(value, Compact);

    public static string Of<T>(T value) => JsonSerializer.Serialize(value, Options);
}
