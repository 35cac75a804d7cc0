using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dispatcher.Jobs;

/// <summary>
/// Callbacks as they are shown to anybody. The query of a callback's URL may hold the key with which the receiver knows who calls, so only the sender sees it:
/// not those who read jobs, events, feeds, deliveries or logs, and not the receiver's own log of bodies.
/// </summary>
public static class ShownCallback
{
    /// <summary>What stands for that which is not shown; it may stand in a URL.</summary>
    public const string Hidden = "***";

    /// <summary>Nothing shorter is a secret, and it would be found in every text.</summary>
    private const int SecretCharacters = 6;

    private const string CreatedType = "job.created";

    // What is shown is JSON, never a piece of an HTML page.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The URL without the contents of its query, and without user and password.</summary>
    public static string Url(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var parts)) return Hidden;
        if (parts.Query.Length == 0 && parts.UserInfo.Length == 0) return url;
        var user = parts.UserInfo.Length == 0 ? string.Empty : $"{Hidden}@";
        var query = parts.Query.Length == 0 ? string.Empty : $"?{Hidden}";
        return $"{parts.Scheme}://{user}{parts.Authority}{parts.AbsolutePath}{query}";
    }

    /// <summary>A text of somebody else, who may have repeated what stands in the URL's query.</summary>
    public static string Text(string text, Uri url)
    {
        var query = url.Query.TrimStart('?');
        foreach (var value in query.Split('&').Select(ValueOf).Prepend(query).Where(value => value.Length >= SecretCharacters))
        {
            text = text.Replace(value, Hidden, StringComparison.Ordinal);
            text = text.Replace(Uri.UnescapeDataString(value), Hidden, StringComparison.Ordinal);
        }

        return text;
    }

    /// <summary>The stored form of an event without the secret; the very same memory if there is none in it.</summary>
    public static ReadOnlyMemory<byte> Event(string type, ReadOnlyMemory<byte> payload)
    {
        if (type != CreatedType || payload.Span.IndexOf("\"callback\":"u8) < 0) return payload;
        var json = JsonNode.Parse(payload.Span);
        if (json?["spec"] is not JsonObject spec || !HideIn(spec)) return payload;
        var buffer = new ArrayBufferWriter<byte>(payload.Length);
        using (var writer = new Utf8JsonWriter(buffer, Readable)) json.WriteTo(writer);
        return buffer.WrittenMemory;
    }

    /// <summary>Takes the secret out of a <see cref="JobSpec"/> as JSON; false if there is none in it.</summary>
    public static bool HideIn(JsonObject spec)
    {
        if (spec["callback"] is not JsonObject callback || callback["url"] is not JsonValue value || !value.TryGetValue<string>(out var url)) return false;
        var shown = Url(url);
        if (shown == url) return false;
        callback["url"] = shown;
        return true;
    }

    private static string ValueOf(string parameter) => parameter[(parameter.IndexOf('=', StringComparison.Ordinal) + 1)..];
}
