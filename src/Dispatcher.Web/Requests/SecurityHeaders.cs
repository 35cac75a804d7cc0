using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Dispatcher.Web.Requests;

/// <summary>Headers of every answer, for browsers: answers are data, never pages, frames or scripts, and nobody keeps them. An endpoint may replace them.</summary>
internal static class SecurityHeaders
{
    private static readonly StringValues NoSniff = "nosniff";
    private static readonly StringValues Nothing = "default-src 'none'; frame-ancestors 'none'";
    private static readonly StringValues NoReferrer = "no-referrer";
    private static readonly StringValues NoStore = "no-store";
    private static readonly StringValues SameOrigin = "same-origin";
    private static readonly StringValues OneYear = "max-age=31536000";

    public static void AddTo(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = NoSniff;
        headers.ContentSecurityPolicy = Nothing;
        headers["Referrer-Policy"] = NoReferrer;
        headers["Cross-Origin-Resource-Policy"] = SameOrigin;
        headers.CacheControl = NoStore;
        if (http.Request.IsHttps) headers.StrictTransportSecurity = OneYear;
    }
}
