namespace Dispatcher.Web.Access.Tokens;

/// <summary>JSON Web Tokens of an identity provider, beside API keys. Each option that is also a setting is explained in hocon/reference.conf.</summary>
public sealed record JwtOptions
{
    /// <summary>What <c>iss</c> must say.</summary>
    public required string Issuer { get; init; }

    /// <summary>What <c>aud</c> must hold.</summary>
    public required string Audience { get; init; }

    /// <summary>The provider's public keys (a JWKS) in a file; or <see cref="KeysUrl"/>.</summary>
    public string? KeysFile { get; init; }

    /// <summary>Where the provider publishes its public keys (a JWKS): https, or http on a loopback address.</summary>
    public Uri? KeysUrl { get; init; }

    /// <summary>The claim that names the tenant.</summary>
    public string TenantClaim { get; init; } = "tenant";

    /// <summary>The claim that lists the roles, as an array or as words in one text.</summary>
    public string RolesClaim { get; init; } = "roles";

    /// <exception cref="InvalidOperationException">They contradict each other; the message says what to set.</exception>
    public void Check()
    {
        if (Issuer.Length == 0 || Audience.Length == 0) throw new InvalidOperationException("Tokens need both dispatcher.web.jwt.issuer and dispatcher.web.jwt.audience.");
        if ((KeysFile is null) == (KeysUrl is null)) throw new InvalidOperationException("Tokens need either dispatcher.web.jwt.keys-file or dispatcher.web.jwt.keys-url, and not both.");
        if (KeysUrl is { } url && url.Scheme != Uri.UriSchemeHttps && !(url.Scheme == Uri.UriSchemeHttp && LocalAccess.IsLoopback(url.Host)))
            throw new InvalidOperationException($"dispatcher.web.jwt.keys-url must be https, or http on a loopback address; it is {url}.");
    }
}
