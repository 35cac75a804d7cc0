using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Dispatcher.Web.Requests;

/// <summary>JSON is UTF-8 (RFC 8259); a body that says it is anything else is refused, and not read as something it may not be.</summary>
internal static class BodyEncoding
{
    public static bool IsUtf8(HttpRequest request)
    {
        var type = request.ContentType;
        if (type is null || !type.Contains("charset", StringComparison.OrdinalIgnoreCase)) return true;
        return MediaTypeHeaderValue.TryParse(type, out var parsed)
            && (parsed.Charset.Length == 0 || HeaderUtilities.RemoveQuotes(parsed.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));
    }
}
