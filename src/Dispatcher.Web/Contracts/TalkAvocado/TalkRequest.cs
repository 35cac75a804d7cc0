using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dispatcher.Jobs;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Contracts.TalkAvocado;

/// <summary>What <c>POST /jobs</c> asks for, checked.</summary>
/// <param name="Input">Null when the body has none; then the source is not known yet.</param>
internal sealed partial record TalkRequest(string TenantId, TalkInput? Input)
{
    /// <summary>Bytes of a body.</summary>
    private const int LimitBytes = 64 * 1024;

    private const int NestingLimit = 8;

    /// <summary>The request, or the error of the first thing that is wrong with it.</summary>
    public static async ValueTask<(TalkRequest? Request, TalkError? Error)> Read(HttpRequest http)
    {
        if (await ReadText(http) is not { } bytes) return (null, TalkError.Of(StatusCodes.Status413PayloadTooLarge, $"Request body is larger than {LimitBytes} bytes"));
        var (request, error) = Parse(bytes);
        return (request, error is null ? null : TalkError.Invalid(error));
    }

    /// <summary>Why a text is no tenant's id; null if it is one.</summary>
    public static string? TenantFault(string? tenantId) =>
        string.IsNullOrEmpty(tenantId) ? "Missing required field: tenantId" : TenantPattern().IsMatch(tenantId) && TenantName.IsValid(tenantId) ? null : "Invalid tenantId format";

    private static (TalkRequest?, string?) Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = NestingLimit, AllowDuplicateProperties = false });
            return Of(document.RootElement);
        }
        catch (JsonException)
        {
            return (null, "Invalid JSON in request body");
        }
        catch (InvalidOperationException)
        {
            // A text that is not valid Unicode shows only when somebody asks for it.
            return (null, "Invalid JSON in request body");
        }
    }

    private static (TalkRequest?, string?) Of(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object) return (null, "Request body must be a JSON object");
        if (body.TryGetProperty("jobId", out _)) return (null, "Invalid jobId: the service makes it; use x-idempotency-key to make a job once");
        var given = body.TryGetProperty("tenantId", out var tenant) && tenant.ValueKind != JsonValueKind.Null;
        if (given && tenant.ValueKind != JsonValueKind.String) return (null, "Invalid tenantId format");
        var tenantId = given ? tenant.GetString() : null;
        if (TenantFault(tenantId) is { } fault) return (null, fault);
        if (!body.TryGetProperty("input", out var input) || input.ValueKind == JsonValueKind.Null) return (new TalkRequest(tenantId!, null), null);
        var (read, error) = TalkInput.Read(input);
        return error is null ? (new TalkRequest(tenantId!, read), null) : (null, error);
    }

    private static async ValueTask<ReadOnlyMemory<byte>?> ReadText(HttpRequest http)
    {
        var buffer = new byte[LimitBytes + 1];
        var length = 0;
        int read;
        while ((read = await http.Body.ReadAsync(buffer.AsMemory(length), http.HttpContext.RequestAborted)) > 0)
        {
            if ((length += read) > LimitBytes) return null;
        }

        return buffer.AsMemory(0, length);
    }

    [GeneratedRegex(@"\A[a-z0-9](?:[a-z0-9\-_]{0,62}[a-z0-9])?\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TenantPattern();
}

/// <summary>The video that a job is about, as its owner describes it.</summary>
internal sealed partial record TalkInput(string OriginalFilename, long Bytes, string MimeType, string? Checksum, string? UploadedAt)
{
    /// <summary>Bytes of a file's name in UTF-8: what file systems hold.</summary>
    private const int NameLimitBytes = 255;

    private const int TextLimitCharacters = 200;

    public static (TalkInput? Input, string? Error) Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object) return (null, "Invalid input: must be an object");
        foreach (var field in (string[])["originalFilename", "bytes", "mimeType"])
        {
            if (!json.TryGetProperty(field, out var value) || value.ValueKind == JsonValueKind.Null) return (null, $"Missing required field: input.{field}");
        }

        if (TextOf(json, "originalFilename") is not { } name || NameFault(name) is not null)
            return (null, $"Invalid input.originalFilename: {(TextOf(json, "originalFilename") is { } given ? NameFault(given) : "must be a text")}");
        if (json.GetProperty("bytes") is not { ValueKind: JsonValueKind.Number } number || !number.TryGetInt64(out var bytes) || bytes < 0)
            return (null, "Invalid input.bytes: must be a whole number, 0 or more");
        if (TextOf(json, "mimeType") is not { } mimeType || !MimePattern().IsMatch(mimeType)) return (null, "Invalid input.mimeType: must be video/* or audio/*");
        foreach (var field in (string[])["checksum", "uploadedAt"])
        {
            if (json.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null && TextOf(json, field) is not { Length: > 0 and <= TextLimitCharacters })
                return (null, $"Invalid input.{field}: must be a text of at most {TextLimitCharacters} characters");
        }

        var uploadedAt = TextOf(json, "uploadedAt");
        return uploadedAt is null || TimePattern().IsMatch(uploadedAt)
            ? (new TalkInput(name, bytes, mimeType, TextOf(json, "checksum"), uploadedAt), null)
            : (null, "Invalid input.uploadedAt: must be a time such as 2025-09-25T12:34:56Z");
    }

    /// <summary>The name becomes a part of a key, so it must be a plain file's name.</summary>
    private static string? NameFault(string name)
    {
        if (name.Length == 0) return "is empty";
        if (name.AsSpan().IndexOfAny('/', '\\') >= 0) return "must not contain path separators";
        if (name is "." or ".." || name.Contains("..", StringComparison.Ordinal)) return "must not contain '..'";
        if (name.Any(char.IsControl)) return "must not contain control characters";
        if (name[0] is '~' || name.StartsWith(Steps.Artifacts.ArtifactPath.TemporaryPrefix, StringComparison.Ordinal)) return "must not start like that";
        return Encoding.UTF8.GetByteCount(name) > NameLimitBytes ? $"must not be longer than {NameLimitBytes} bytes" : null;
    }

    private static string? TextOf(JsonElement json, string field) => json.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    [GeneratedRegex(@"\A(video|audio)/[\x21-\x7E]{1,100}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MimePattern();

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TimePattern();
}
