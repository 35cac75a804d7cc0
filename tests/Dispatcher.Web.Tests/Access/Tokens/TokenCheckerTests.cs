using System.Text;
using Dispatcher.Web.Access;
using Dispatcher.Web.Access.Tokens;
using Dispatcher.Web.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.IdentityModel.Tokens;

namespace Dispatcher.Web.Tests.Access.Tokens;

/// <summary>Which tokens are good, and what they say; the tokens are signed here.</summary>
public sealed class TokenCheckerTests : IDisposable
{
    private readonly TestIssuer _issuer = new();
    private readonly SettableTime _time = new();
    private readonly SigningKeys _keys;
    private readonly TokenChecker _reader;

    public TokenCheckerTests()
    {
        _keys = new SigningKeys(_issuer, _time, NullLogger.Instance);
        _reader = new TokenChecker(TestIssuer.Options, _keys, _time);
    }

    public void Dispose()
    {
        _keys.Dispose();
        _issuer.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Token_NamesItsCaller_WhenItIsGood(bool isRsa)
    {
        var claims = _issuer.Claims(_time.Now);
        var good = Assert.IsType<TokenReading.Good>(await _reader.Read(isRsa ? _issuer.SignWithRsa(claims) : _issuer.Sign(claims)));
        Assert.Equal(("acme", "ada"), (good.Caller.Tenant, good.Caller.Name));
        Assert.Equal([Role.Viewer, Role.Submitter, Role.Operator, Role.Worker], good.Caller.Roles.Order());
        Assert.False(good.Caller.IsLocalOperator);
        Assert.False(good.Caller.Ended.IsCancellationRequested);
        good.Lifetime.Dispose();
    }

    [Fact]
    public async Task Token_GivesNoRoleOfTheMachine()
    {
        var claims = _issuer.Claims(_time.Now);
        claims["roles"] = "viewer monitor";
        var good = Assert.IsType<TokenReading.Good>(await _reader.Read(_issuer.Sign(claims)));
        Assert.Equal([Role.Viewer], good.Caller.Roles);
        good.Lifetime.Dispose();
    }

    [Theory]
    [InlineData("iss", "https://evil.example", "not issued by")]
    [InlineData("iss", null, "not issued by")]
    [InlineData("aud", "something-else", "not for the audience")]
    [InlineData("aud", null, "not for the audience")]
    [InlineData("exp", -31, "expired")]
    [InlineData("exp", null, "expired")]
    [InlineData("nbf", 31, "not valid yet")]
    [InlineData("tenant", null, "does not name a tenant")]
    [InlineData("tenant", "../other", "does not name a tenant")]
    [InlineData("sub", null, "does not name its subject")]
    public async Task Token_IsRefused_WhenAClaimIsWrong(string claim, object? value, string part)
    {
        var claims = _issuer.Claims(_time.Now);
        if (value is null) claims.Remove(claim);
        else claims[claim] = value is int seconds && claim is "exp" or "nbf" ? (_time.Now + TimeSpan.FromSeconds((int)value)).ToUnixTimeSeconds() : value;
        Assert.Contains(part, Assert.IsType<TokenReading.Bad>(await _reader.Read(_issuer.Sign(claims))).Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exp", -29)]
    [InlineData("nbf", 29)]
    public async Task Token_IsGood_WhenClocksDifferALittle(string claim, int seconds)
    {
        var claims = _issuer.Claims(_time.Now);
        claims[claim] = (_time.Now + TimeSpan.FromSeconds(seconds)).ToUnixTimeSeconds();
        Assert.IsType<TokenReading.Good>(await _reader.Read(_issuer.Sign(claims))).Lifetime.Dispose();
    }

    [Fact]
    public async Task Token_IsRefused_WhenNobodySignedIt() =>
        await IsRefused(TestIssuer.Sign(_issuer.Claims(_time.Now), with: null), "algorithm");

    [Fact]
    public async Task Token_IsRefused_WhenItIsSignedWithASharedSecret()
    {
        // The classic confusion: the public key, which everybody can read, taken as the secret of HMAC.
        foreach (var secret in new[] { TestIssuer.SharedSecret, Encoding.UTF8.GetBytes(_issuer.KeySet()) })
        {
            var credentials = new SigningCredentials(new SymmetricSecurityKey(secret) { KeyId = "shared" }, SecurityAlgorithms.HmacSha256);
            await IsRefused(TestIssuer.Sign(_issuer.Claims(_time.Now), credentials), "algorithm");
        }
    }

    [Fact]
    public async Task Token_IsRefused_WhenAnotherSignedIt()
    {
        using var other = new TestIssuer();
        await IsRefused(other.Sign(other.Claims(_time.Now)), "signature");
    }

    [Fact]
    public async Task Token_IsRefused_WhenItsBodyWasChanged()
    {
        var claims = _issuer.Claims(_time.Now);
        var (signed, admin) = (_issuer.Sign(claims).Split('.'), new Dictionary<string, object>(claims, StringComparer.Ordinal) { ["roles"] = "admin" });
        await IsRefused($"{signed[0]}.{_issuer.Sign(admin).Split('.')[1]}.{signed[2]}", "signature");
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a.b.c")]
    [InlineData("eyJhbGciOiJFUzI1NiJ9.e30.")]
    public async Task Token_IsRefused_WhenItIsNone(string text) => Assert.IsType<TokenReading.Bad>(await _reader.Read(text));

    [Fact]
    public async Task LiveConnection_Ends_WhenItsTokenDoes()
    {
        var claims = _issuer.Claims(_time.Now);
        claims["exp"] = _time.Now.ToUnixTimeSeconds() - (long)TokenChecker.ClockSkew.TotalSeconds + 1;
        var good = Assert.IsType<TokenReading.Good>(await _reader.Read(_issuer.Sign(claims)));
        var ended = new TaskCompletionSource();
        await using var registration = good.Caller.Ended.Register(ended.SetResult);
        await ended.Task;
        good.Lifetime.Dispose();
    }

    [Fact]
    public async Task Keys_AreReadAgain_WhenATokenNamesAnotherOne_AtMostEveryThirtySeconds()
    {
        await IsGood();
        Assert.Equal(1, _issuer.Reads);
        _issuer.KeyId = "k2";
        await IsRefused(_issuer.Sign(_issuer.Claims(_time.Now)), "not among");
        Assert.Equal(1, _issuer.Reads);
        _time.Pass(SigningKeys.RefreshPause);
        await IsGood();
        Assert.Equal(2, _issuer.Reads);
        await IsGood();
        Assert.Equal(2, _issuer.Reads);
    }

    [Fact]
    public async Task Keys_AreReadAgainByTheTimeThatPasses_WhateverTheClockShows()
    {
        await IsGood();
        _issuer.KeyId = "k2";
        _time.Now += TimeSpan.FromHours(1);
        await IsRefused(_issuer.Sign(_issuer.Claims(_time.Now)), "not among");
        Assert.Equal(1, _issuer.Reads);
        _time.Now -= TimeSpan.FromHours(3);
        _time.Pass(SigningKeys.RefreshPause);
        await IsGood();
        Assert.Equal(2, _issuer.Reads);
    }

    [Fact]
    public async Task Keys_AreForgotten_WhenTheProviderWithdrawsThem()
    {
        await IsGood();
        var old = _issuer.Sign(_issuer.Claims(_time.Now + SigningKeys.FreshFor));
        _issuer.KeyId = "k2";
        _time.Pass(SigningKeys.FreshFor);
        await IsRefused(old, "not among");
    }

    [Fact]
    public async Task Keys_Stay_WhenTheProviderDoesNotAnswer()
    {
        await IsGood();
        _issuer.IsDown = true;
        _time.Pass(SigningKeys.FreshFor);
        await IsGood();
        Assert.Equal(2, _issuer.Reads);
    }

    private async Task IsGood() => Assert.IsType<TokenReading.Good>(await _reader.Read(_issuer.Sign(_issuer.Claims(_time.Now)))).Lifetime.Dispose();

    private async Task IsRefused(string token, string part) =>
        Assert.Contains(part, Assert.IsType<TokenReading.Bad>(await _reader.Read(token)).Detail, StringComparison.Ordinal);
}
