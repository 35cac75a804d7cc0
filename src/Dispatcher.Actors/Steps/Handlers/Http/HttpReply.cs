using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Handlers.Http;

/// <summary>A response, read within its bounds, on its way to a step's output.</summary>
internal sealed record HttpReply(int Status, ImmutableArray<KeyValuePair<string, string>> Headers, string Text, JsonElement? Json)
{
    private const int HeaderCount = 50;
    private const int HeaderCharacters = 1024;
    private const int BufferBytes = 16 * 1024;

    /// <summary>Cookies are credentials, and an output is shown to whoever may see the job.</summary>
    private const string SecretHeader = "Set-Cookie";

    /// <exception cref="StepFailedException">The body is larger than the limit.</exception>
    public static async ValueTask<HttpReply> Read(HttpResponseMessage response, int limitBytes, CancellationToken cancellation)
    {
        var text = await ReadText(response, limitBytes, cancellation).ConfigureAwait(false);
        var headers = response.Headers.Concat(response.Content.Headers)
            .Where(header => !string.Equals(header.Key, SecretHeader, StringComparison.OrdinalIgnoreCase))
            .Take(HeaderCount)
            .Select(header => new KeyValuePair<string, string>(header.Key.ToLowerInvariant(), Cut(string.Join(", ", header.Value))));
        return new HttpReply((int)response.StatusCode, [.. headers], text, ParseJson(response, text));
    }

    /// <summary><c>{status, headers, json}</c> if the body is JSON, otherwise <c>{status, headers, body}</c>.</summary>
    public JsonObject ToOutput()
    {
        var headers = new JsonObject();
        foreach (var (name, value) in Headers) headers[name] = value;
        var output = new JsonObject { ["status"] = Status, ["headers"] = headers };
        if (Json is { } json) output["json"] = JsonNode.Parse(json.GetRawText());
        else output["body"] = Text;
        return output;
    }

    private static async ValueTask<string> ReadText(HttpResponseMessage response, int limitBytes, CancellationToken cancellation)
    {
        var body = new ArrayBufferWriter<byte>();
        var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            int read;
            while ((read = await stream.ReadAsync(body.GetMemory(BufferBytes), cancellation).ConfigureAwait(false)) > 0)
            {
                body.Advance(read);
                if (body.WrittenCount <= limitBytes) continue;
                throw new StepFailedException(
                    ErrorClass.Permanent,
                    $"the response (status {(int)response.StatusCode}) is larger than {limitBytes} bytes (dispatcher.http.response-limit)",
                    "RESPONSE_TOO_LARGE");
            }
        }

        return EncodingOf(response).GetString(body.WrittenSpan);
    }

    private static Encoding EncodingOf(HttpResponseMessage response)
    {
        try
        {
            return Encoding.GetEncoding(response.Content.Headers.ContentType?.CharSet?.Trim('"') ?? "utf-8");
        }
        catch (ArgumentException)
        {
            return Encoding.UTF8;
        }
    }

    private static JsonElement? ParseJson(HttpResponseMessage response, string text)
    {
        var type = response.Content.Headers.ContentType?.MediaType ?? "";
        var saysJson = type.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
        if (!saysJson) return null;
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Cut(string text) => text.Length <= HeaderCharacters ? text : text[..HeaderCharacters];
}
