using Dispatcher.Host.Configuration;
using Dispatcher.Web.Access.Tokens;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Limits;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Dispatcher.Host.Composition;

/// <summary>The settings of the service as its parts take them.</summary>
internal static class ServiceOptions
{
    /// <summary>Rates are judged after this time, so that short bodies are not.</summary>
    private static readonly TimeSpan RateGrace = TimeSpan.FromSeconds(5);

    public static WebOptions Web(WebSettings web, string currentDirectory) => new()
    {
        OwnsAllPaths = true,
        AllowedOrigins = web.AllowedOrigins,
        KeyRotationGrace = web.KeyRotationGrace,
        BodyLimitBytes = web.BodyLimitBytes,
        BatchBodyLimitBytes = web.BatchBodyLimitBytes,
        TenantLimits = new TenantLimitOptions
        {
            Requests = web.Tenant.RequestLimit,
            Streams = web.Tenant.StreamLimit,
            RatePerSecond = web.Tenant.RatePerSecond,
            RateBurst = web.Tenant.RateBurst,
        },
        Jwt = web.Jwt.Issuer.Length == 0 ? null : Jwt(web.Jwt, currentDirectory),
    };

    public static void Limit(KestrelServerOptions kestrel, WebSettings web)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = Math.Max(web.BodyLimitBytes, web.BatchBodyLimitBytes);
        limits.MinRequestBodyDataRate = web.BodyRateBytesPerSecond > 0 ? new MinDataRate(web.BodyRateBytesPerSecond, RateGrace) : null;
        limits.MaxRequestHeadersTotalSize = (int)web.HeaderLimitBytes;
        limits.MaxRequestHeaderCount = web.HeaderCountLimit;
        limits.MaxRequestLineSize = (int)web.RequestLineLimitBytes;
        limits.RequestHeadersTimeout = web.HeaderTimeout;
        limits.KeepAliveTimeout = web.KeepAliveTimeout;
        limits.MaxConcurrentConnections = web.ConnectionLimit;
        limits.MaxConcurrentUpgradedConnections = web.ConnectionLimit;
    }

    private static JwtOptions Jwt(JwtSettings jwt, string currentDirectory) => new()
    {
        Issuer = jwt.Issuer,
        Audience = jwt.Audience,
        KeysFile = jwt.KeysFile.Length > 0 ? Path.GetFullPath(jwt.KeysFile, currentDirectory) : null,
        KeysUrl = jwt.KeysUrl.Length > 0 ? new Uri(jwt.KeysUrl) : null,
        TenantClaim = jwt.TenantClaim,
        RolesClaim = jwt.RolesClaim,
    };
}
