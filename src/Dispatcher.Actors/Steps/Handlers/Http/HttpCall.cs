using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Handlers.Http;

/// <summary>What a step wants sent, checked; makes a fresh request message for each hop.</summary>
internal sealed record HttpCall(Uri Url, HttpMethod Method, ImmutableArray<KeyValuePair<string, string>> Headers, byte[]? Body, string? BodyType)
{
    private const int BodyLimitBytes = 1024 * 1024;
    private const string IdempotencyKey = "Idempotency-Key";

    private static readonly FrozenSet<string> Methods =
        new[] { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Headers that frame the message or the connection: set by the client, and a way to smuggle a second request if they were not.</summary>
    private static readonly FrozenSet<string> ForbiddenHeaders = new[]
    {
        "Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade", "Expect", "TE", "Trailer", "Proxy-Authorization",
        "Proxy-Connection",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>What another host may see. All else, not only Authorization and Cookie, may be a credential.</summary>
    private static readonly FrozenSet<string> HarmlessHeaders = new[]
    {
        "Accept", "Accept-Language", "Content-Type", "Content-Language", "User-Agent", IdempotencyKey,
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="StepFailedException">A field is not as it must be.</exception>
    public static HttpCall Read(StepInput input, string idempotencyKey)
    {
        var (body, bodyType) = ReadBody(input);
        var method = (input.OptionalString("method") ?? (body is null ? "GET" : "POST")).ToUpperInvariant();
        if (!Methods.Contains(method)) throw StepInput.Fault("method", "expected GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS");
        if (!Uri.TryCreate(input.RequiredString("url"), UriKind.Absolute, out var url)) throw StepInput.Fault("url", "expected an absolute URL");

        var headers = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (var (name, value) in input.StringMap("headers"))
        {
            if (HeaderFault(name, value) is { } fault) throw StepInput.Fault($"headers.{name}", fault);
            if (string.Equals(name, "Content-Type", StringComparison.OrdinalIgnoreCase)) bodyType = value;
            else headers.Add(new(name, value));
        }

        var typeIsValid = bodyType is null || MediaTypeHeaderValue.TryParse(bodyType, out _);
        if (!typeIsValid) throw StepInput.Fault("headers.Content-Type", "expected a media type");
        var hasKey = headers.Any(header => string.Equals(header.Key, IdempotencyKey, StringComparison.OrdinalIgnoreCase));
        if (!hasKey) headers.Add(new(IdempotencyKey, idempotencyKey));
        return new HttpCall(url, new HttpMethod(method), headers.ToImmutable(), body, bodyType);
    }

    public HttpRequestMessage ToMessage()
    {
        var message = new HttpRequestMessage(Method, Url);
        if (Body is not null)
        {
            message.Content = new ByteArrayContent(Body);
            if (BodyType is not null) message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(BodyType);
        }

        foreach (var (name, value) in Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, value)) message.Content?.Headers.TryAddWithoutValidation(name, value);
        }

        return message;
    }

    /// <summary>
    /// The call that a redirect asks for (RFC 9110, section 15.4): another origin gets no credentials, and a 303 is fetched without a body.
    /// </summary>
    /// <exception cref="StepFailedException">It leads from https to http.</exception>
    public HttpCall Redirected(int status, Uri target)
    {
        if (Url.Scheme == Uri.UriSchemeHttps && target.Scheme == Uri.UriSchemeHttp)
        {
            throw new StepFailedException(ErrorClass.Permanent, $"{this}: a redirect from https to http is not followed", "INSECURE_REDIRECT");
        }

        var becomesGet = (status == 303 && Method != HttpMethod.Head) || (status is 301 or 302 && Method == HttpMethod.Post);
        var next = this with { Url = target };
        if (becomesGet) next = next with { Method = HttpMethod.Get, Body = null, BodyType = null };
        var sameOrigin = Uri.Compare(Url, target, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;
        return sameOrigin ? next : next with { Headers = [.. Headers.Where(header => HarmlessHeaders.Contains(header.Key))] };
    }

    /// <summary>For messages: without the query, which may hold a key.</summary>
    public override string ToString() => $"{Method} {Url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)}";

    private static (byte[]? Body, string? Type) ReadBody(StepInput input)
    {
        if (input.Value("body") is not { } body) return (null, null);
        var bytes = Encoding.UTF8.GetBytes(body.ValueKind == JsonValueKind.String ? body.GetString()! : body.GetRawText());
        if (bytes.Length > BodyLimitBytes) throw StepInput.Fault("body", $"is {bytes.Length} bytes, more than {BodyLimitBytes}");
        return (bytes, body.ValueKind == JsonValueKind.String ? "text/plain; charset=utf-8" : "application/json");
    }

    private static string? HeaderFault(string name, string value)
    {
        if (name.Length == 0 || !name.All(IsTokenCharacter)) return "is not a header name";
        if (ForbiddenHeaders.Contains(name)) return "this header is set by the client itself";
        return value.Any(character => character is < ' ' or > '~' && character != '\t') ? "a header's value is printable ASCII" : null;
    }

    /// <summary>RFC 9110, section 5.6.2.</summary>
    private static bool IsTokenCharacter(char character) =>
        char.IsAsciiLetterOrDigit(character) || "!#$%&'*+-.^_`|~".Contains(character, StringComparison.Ordinal);
}
