using Dispatcher.Jobs;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Dispatcher.Web.Access.Tokens;

/// <summary>
/// Checks a token (RFC 7519, RFC 8725) and reads the caller from its claims. Only signatures with public keys are accepted, so that the key that checks
/// cannot be used to sign.
/// </summary>
internal sealed class TokenChecker(JwtOptions options, SigningKeys keys, TimeProvider time)
{
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    private const int SubjectLimitCharacters = 200;

    private static readonly string[] Algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };

    /// <summary>A token has three parts; anything else is not worth the trouble of reading it.</summary>
    public static bool LooksLikeToken(string text) => text.AsSpan().Count('.') == 2;

    public async ValueTask<TokenReading> Read(string text)
    {
        if (!TryParse(text, out var token)) return Bad("The token cannot be read.");
        if (!Algorithms.Contains(token.Alg, StringComparer.Ordinal)) return Bad($"The token's algorithm is not one of {string.Join(", ", Algorithms)}.");
        var signers = await keys.Find(string.IsNullOrEmpty(token.Kid) ? null : token.Kid);
        if (signers.Count == 0) return Bad("The token is signed with a key that is not among the identity provider's keys.");
        var result = await _handler.ValidateTokenAsync(token, Parameters(signers));
        return result.IsValid ? CallerOf(token) : Bad(Reason(result.Exception));
    }

    private TokenReading CallerOf(JsonWebToken token)
    {
        if (!token.TryGetPayloadValue<string>(options.TenantClaim, out var tenant) || !TenantName.IsValid(tenant)) return Bad($"The token's claim {options.TenantClaim} does not name a tenant.");
        if (token.Subject is not { Length: > 0 and <= SubjectLimitCharacters } subject || subject.Any(char.IsControl)) return Bad("The token's claim sub does not name its subject.");
        var lifetime = new TokenLifetime(new DateTimeOffset(token.ValidTo, TimeSpan.Zero) + ClockSkew, time);
        return new TokenReading.Good(new Caller(tenant, subject, RoleSet.Of(RolesOf(token))) { Ended = lifetime.Ended }, lifetime);
    }

    private IEnumerable<Role> RolesOf(JsonWebToken token)
    {
        var words = token.Claims.Where(claim => claim.Type == options.RolesClaim).SelectMany(claim => claim.Value.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries));
        foreach (var word in words)
        {
            // Whoever gives roles at the provider gives them within a tenant.
            if (RoleSet.TryParse(word, out var role) && !role.IsOfTheMachine()) yield return role;
        }
    }

    private TokenValidationParameters Parameters(IEnumerable<SecurityKey> signers) => new()
    {
        ValidIssuer = options.Issuer,
        ValidAudience = options.Audience,
        IssuerSigningKeys = signers,
        ValidAlgorithms = Algorithms,
        ValidateIssuerSigningKey = true,
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        LifetimeValidator = (notBefore, expires, _, _) => IsInTime(notBefore, expires),
    };

    /// <summary>By the injected clock.</summary>
    private bool IsInTime(DateTime? notBefore, DateTime? expires)
    {
        var now = time.GetUtcNow().UtcDateTime;
        if (expires is null || now >= expires.Value + ClockSkew) throw new SecurityTokenExpiredException();
        if (notBefore is { } start && now < start - ClockSkew) throw new SecurityTokenNotYetValidException();
        return true;
    }

    private static bool TryParse(string text, out JsonWebToken token)
    {
        try
        {
            token = new JsonWebToken(text);
            return true;
        }
        catch (ArgumentException)
        {
            token = null!;
            return false;
        }
    }

    private string Reason(Exception fault) => fault switch
    {
        SecurityTokenExpiredException or SecurityTokenNoExpirationException => "The token has expired, or says no time at which it does.",
        SecurityTokenNotYetValidException => "The token is not valid yet; is the clock of its issuer right?",
        SecurityTokenInvalidIssuerException => $"The token is not issued by {options.Issuer}.",
        SecurityTokenInvalidAudienceException => $"The token is not for the audience {options.Audience}.",
        _ => "The token's signature is not right.",
    };

    private static TokenReading.Bad Bad(string detail) => new(detail);
}

/// <summary>What a token is worth.</summary>
internal abstract record TokenReading
{
    private TokenReading()
    {
    }

    /// <param name="Lifetime">Disposed with the request.</param>
    public sealed record Good(Caller Caller, TokenLifetime Lifetime) : TokenReading;

    public sealed record Bad(string Detail) : TokenReading;
}
