using System.Security.Cryptography;
using System.Text.Json;
using Dispatcher.Web.Access.Tokens;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Dispatcher.Web.Tests.Access.Tokens;

/// <summary>An identity provider with a key of its own, which counts how often its keys are read.</summary>
internal sealed class TestIssuer : IKeySource, IDisposable
{
    public const string Issuer = "https://login.example";
    public const string Audience = "dispatcher";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly RSA _rsa = RSA.Create(2048);

    public string KeyId { get; set; } = "k1";

    public bool IsDown { get; set; }

    public int Reads { get; private set; }

    public static JwtOptions Options { get; } = new() { Issuer = Issuer, Audience = Audience, KeysFile = "unused" };

    public Task<string> Read(CancellationToken cancellation)
    {
        Reads++;
        return IsDown ? Task.FromException<string>(new HttpRequestException("down")) : Task.FromResult(KeySet());
    }

    /// <summary>The public keys, and beside them a shared secret, which nobody may use.</summary>
    public string KeySet()
    {
        var elliptic = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(ECDsa.Create(_key.ExportParameters(includePrivateParameters: false))) { KeyId = KeyId });
        var rsa = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(_rsa.ExportParameters(includePrivateParameters: false)) { KeyId = "rsa" });
        return $$"""
            {"keys":[
              {"kty":"EC","use":"sig","kid":"{{elliptic.Kid}}","crv":"{{elliptic.Crv}}","x":"{{elliptic.X}}","y":"{{elliptic.Y}}"},
              {"kty":"RSA","use":"sig","kid":"rsa","n":"{{rsa.N}}","e":"{{rsa.E}}"},
              {"kty":"oct","kid":"shared","k":"{{Base64UrlEncoder.Encode(SharedSecret)}}"}]}
            """;
    }

    public static byte[] SharedSecret { get; } = [.. Enumerable.Range(0, 64).Select(index => (byte)index)];

    public Dictionary<string, object> Claims(DateTimeOffset now) => new(StringComparer.Ordinal)
    {
        ["iss"] = Issuer,
        ["aud"] = Audience,
        ["sub"] = "ada",
        ["tenant"] = "acme",
        ["roles"] = new[] { "operator", "something-else" },
        ["nbf"] = now.ToUnixTimeSeconds(),
        ["exp"] = (now + TimeSpan.FromMinutes(5)).ToUnixTimeSeconds(),
    };

    public string Sign(Dictionary<string, object> claims) => Sign(claims, new SigningCredentials(new ECDsaSecurityKey(_key) { KeyId = KeyId }, SecurityAlgorithms.EcdsaSha256));

    public string SignWithRsa(Dictionary<string, object> claims) =>
        Sign(claims, new SigningCredentials(new RsaSecurityKey(_rsa) { KeyId = "rsa" }, SecurityAlgorithms.RsaSsaPssSha256));

    public static string Sign(Dictionary<string, object> claims, SigningCredentials? with)
    {
        var handler = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false };
        var payload = JsonSerializer.Serialize(claims);
        return with is null ? handler.CreateToken(payload) : handler.CreateToken(payload, with);
    }

    public void Dispose()
    {
        _key.Dispose();
        _rsa.Dispose();
    }
}
