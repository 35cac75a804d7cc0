using Dispatcher.Web.Access.Tokens;
using Dispatcher.Web.Limits;

namespace Dispatcher.Web.Hosting;

/// <summary>How Dispatcher answers requests. Each option that is also a setting is explained in hocon/reference.conf.</summary>
public sealed record WebOptions
{
    /// <summary>Web pages of other origins, such as <c>https://console.example.org</c>, that may call with a browser; empty = none.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>Tokens of an identity provider; null = API keys only.</summary>
    public JwtOptions? Jwt { get; init; }

    /// <summary>How long a key that was rotated stays good, so that those who have it can change.</summary>
    public TimeSpan KeyRotationGrace { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Bytes of a request's body.</summary>
    public long BodyLimitBytes { get; init; } = 1024 * 1024;

    /// <summary>Bytes of a body that holds many things at once.</summary>
    public long BatchBodyLimitBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Bytes of a file that an external worker brings.</summary>
    public long ArtifactLimitBytes { get; init; } = 1024L * 1024 * 1024;

    /// <summary>What one tenant may ask for at once.</summary>
    public TenantLimitOptions TenantLimits { get; init; } = new();

    /// <summary>True when the application is nothing but Dispatcher: then every path is answered in its way, also those that do not exist.</summary>
    public bool OwnsAllPaths { get; init; }
}
