using System.Net;
using Dispatcher.Web.Access.Tokens;
using Dispatcher.Web.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Tests.Access.Tokens;

/// <summary>A service with an identity provider, over HTTP.</summary>
public sealed class TokenAccessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TestIssuer _issuer = new();

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public void Dispose()
    {
        _issuer.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Token_IsEnough_WithoutAnyKey_AndNothingElseIs()
    {
        var file = Path.Combine(_directory.Path, "keys.json");
        await File.WriteAllTextAsync(file, _issuer.KeySet());
        await using var service = await Start(TestIssuer.Options with { KeysFile = file });
        var claims = _issuer.Claims(Now);

        Assert.Equal(HttpStatusCode.Unauthorized, await service.Status(HttpMethod.Get, "/api/v1/jobs"));
        Assert.Equal(HttpStatusCode.OK, await service.Status(HttpMethod.Get, "/api/v1/jobs", _issuer.Sign(claims)));
        Assert.Equal(HttpStatusCode.Forbidden, await service.Status(HttpMethod.Get, "/api/v1/keys", _issuer.Sign(claims)));

        claims["roles"] = "viewer admin";
        var key = await service.Json(HttpMethod.Post, "/api/v1/keys", _issuer.Sign(claims), new { roles = new[] { "viewer" } }, HttpStatusCode.Created);
        Assert.Equal("acme", key.GetProperty("tenant").GetString());

        claims["exp"] = (Now - TimeSpan.FromMinutes(1)).ToUnixTimeSeconds();
        using var expired = await service.Send(HttpMethod.Get, "/api/v1/jobs", _issuer.Sign(claims));
        var problem = await ProblemBody.Read(expired);
        Assert.Equal("unauthorized", problem.Code);
        Assert.Contains("has expired", problem.Detail, StringComparison.Ordinal);
        Assert.Contains("invalid_token", expired.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_AreFetched_WhenTheyHaveAnAddress_ButNotFromWhereItRedirects()
    {
        var fetched = 0;
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        await using var provider = builder.Build();
        provider.MapGet("/keys", () =>
        {
            fetched++;
            return Results.Text(_issuer.KeySet(), "application/json");
        });
        provider.MapGet("/moved", () => Results.Redirect("/keys"));
        await provider.StartAsync();
        var address = new Uri(provider.Urls.First());
        foreach (var (path, expected) in new[] { ("/keys", HttpStatusCode.OK), ("/moved", HttpStatusCode.Unauthorized) })
        {
            await using var service = await Start(TestIssuer.Options with { KeysFile = null, KeysUrl = new Uri(address, path) });
            for (var request = 0; request < 3; request++) Assert.Equal(expected, await service.Status(HttpMethod.Get, "/api/v1/jobs", _issuer.Sign(_issuer.Claims(Now))));
        }

        Assert.Equal(1, fetched);
        await provider.StopAsync();
    }

    [Theory]
    [InlineData("http://login.example/keys")]
    [InlineData("ftp://127.0.0.1/keys")]
    public async Task Service_DoesNotStart_WhenTheKeysComeOverAnOpenNetwork(string url)
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => Start(TestIssuer.Options with { KeysFile = null, KeysUrl = new Uri(url) }));
        Assert.Contains("must be https", failure.Message, StringComparison.Ordinal);
    }

    private Task<TestService> Start(JwtOptions jwt) => TestService.Start(_directory.Path, options => options.Web = options.Web with { Jwt = jwt });
}
