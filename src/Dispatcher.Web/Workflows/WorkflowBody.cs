using System.Text;
using Dispatcher.Web.Problems;
using Dispatcher.Workflows;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Dispatcher.Web.Workflows;

/// <summary>The text of a definition in a request: JSON or YAML by its content type, strict UTF-8, at most 1 MiB.</summary>
internal static class WorkflowBody
{
    public const string Json = "application/json";
    public const string Yaml = "application/yaml";
    public const string TextYaml = "text/yaml";

    /// <summary>A state machine; plain JSON is looked into, too.</summary>
    public const string StateMachine = "application/vnd.amazon.states+json";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static async ValueTask<(string? Text, Refusal? Refusal)> Read(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || type.MediaType.Value is not { } media || !IsKnown(media))
            return (null, new Refusal(StatusCodes.Status415UnsupportedMediaType, "unsupported-media-type", $"A definition is sent as {Json}, {Yaml} or {TextYaml}; say which in Content-Type."));
        if (request.ContentLength > WorkflowLimits.DocumentBytes) return (null, TooLarge());
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, request.HttpContext.RequestAborted)) > 0)
        {
            if (buffer.Length + read > WorkflowLimits.DocumentBytes) return (null, TooLarge());
            buffer.Write(chunk, 0, read);
        }

        return Decode(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), isJson: media.EndsWith("json", StringComparison.OrdinalIgnoreCase));
    }

    private static (string? Text, Refusal? Refusal) Decode(ReadOnlySpan<byte> bytes, bool isJson)
    {
        try
        {
            var text = StrictUtf8.GetString(bytes is [0xEF, 0xBB, 0xBF, ..] ? bytes[3..] : bytes);
            if (isJson && !text.AsSpan().TrimStart().StartsWith("{"))
                return (null, Refusal.Invalid("invalid-json", $"The body is no JSON object. Send YAML with Content-Type {Yaml}."));
            return (text, null);
        }
        catch (DecoderFallbackException exception)
        {
            return (null, Refusal.Invalid("invalid-encoding", $"The body is not UTF-8: byte {exception.Index} cannot be read."));
        }
    }

    private static bool IsKnown(string media) => ((string[])[Json, Yaml, TextYaml, StateMachine]).Contains(media, StringComparer.OrdinalIgnoreCase);

    private static Refusal TooLarge() =>
        new(StatusCodes.Status413PayloadTooLarge, "too-large", $"The definition is larger than {WorkflowLimits.DocumentBytes:N0} bytes.");
}
