using System.Net;
using System.Net.Http.Headers;

namespace Dispatcher.Host.Tests;

/// <summary><c>dispatcher key</c>: on a data directory, and through the server that runs there.</summary>
public sealed class KeyCommandTests : IDisposable
{
    private readonly CommandRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Key_IsMadeListedReplacedAndRevoked_WhenNoServerRuns()
    {
        var made = (await _run.OnData("key", "create", "--tenant", "acme", "--role", "operator,worker", "--name", "CI", "--expires", "90d", "-o", "json")).Json;
        var id = made.GetProperty("id").GetString()!;
        Assert.Equal("acme", made.GetProperty("tenant").GetString());
        Assert.Equal(90, (made.GetProperty("expires_at").GetDateTimeOffset() - made.GetProperty("created_at").GetDateTimeOffset()).TotalDays, 0.001);

        var rotated = await _run.OnData("key", "rotate", id, "--grace", "1h");
        Assert.Matches("^dk_[a-z2-7]{12}_[A-Za-z0-9_-]{43}\n$", rotated.Out);
        Assert.Equal(0, (await _run.OnData("key", "revoke", id)).ExitCode);

        var list = await _run.OnData("key", "list");
        Assert.Equal(3, list.Lines.Count);
        Assert.Contains(list.Lines, line => line.StartsWith(id, StringComparison.Ordinal) && line.Contains("revoked", StringComparison.Ordinal));
        Assert.Contains(list.Lines, line => line.StartsWith(rotated.Out[3..15], StringComparison.Ordinal) && line.Contains("operator,worker  active", StringComparison.Ordinal));
        Assert.DoesNotContain(rotated.Out[16..].Trim(), list.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_WorksOnTheServer_WhenOneRuns_AlsoAfterItNeedsKeys()
    {
        await using var serve = await ServeRun.Start(_run);

        var admin = await _run.OnData("key", "create", "--role", "admin");
        var other = await _run.OnData("key", "create", "--tenant", "other", "--role", "viewer");

        Assert.Equal((0, 0), (admin.ExitCode, other.ExitCode));
        Assert.Equal(HttpStatusCode.OK, await Status(serve, admin.Out.Trim()));
        Assert.Equal(HttpStatusCode.Forbidden, await Status(serve, other.Out.Trim()));
        Assert.Equal(HttpStatusCode.Unauthorized, await Status(serve, null));
        Assert.Equal(3, (await _run.OnData("key", "list")).Lines.Count);
        Assert.Equal(0, (await _run.OnData("key", "revoke", admin.Out[3..15])).ExitCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await Status(serve, admin.Out.Trim()));
    }

    [Fact]
    public async Task Key_IsMadeInTheNamedDirectory_WhateverServerTheEnvironmentNames()
    {
        await using var serve = await ServeRun.Start(_run);
        var admin = (await _run.OnData("key", "create", "--role", "admin")).Out.Trim();
        _run.Set("DISPATCHER_SERVER", serve.Address.ToString());
        _run.Set("DISPATCHER_KEY", admin);

        Assert.Equal(3, (await _run.Run("key", "create", "--role", "monitor")).ExitCode);
        Assert.Equal(3, (await _run.Run("key", "create", "--role", "viewer", "--tenant", "other")).ExitCode);
        Assert.Equal(0, (await _run.OnData("key", "create", "--role", "monitor")).ExitCode);
        Assert.Equal(0, (await _run.OnData("key", "create", "--role", "viewer", "--tenant", "other")).ExitCode);
        Assert.Equal(4, (await _run.OnData("key", "list")).Lines.Count);
        Assert.Equal(2, (await _run.Run("key", "list")).Lines.Count);
    }

    [Fact]
    public async Task Key_IsAskedOfANamedServer_WithAKeyOfItsOwn()
    {
        var admin = (await _run.OnData("key", "create", "--tenant", "acme", "--role", "admin")).Out.Trim();
        await using var serve = await ServeRun.Start(_run);
        var server = serve.Address.ToString();
        Assert.Equal(3, (await _run.Run("key", "list", "--server", server)).ExitCode);
        Assert.Equal(2, (await _run.Run("key", "list", "--server", server, "--key", admin)).Lines.Count);
        Assert.Equal(3, (await _run.Run("key", "create", "--role", "viewer", "--tenant", "other", "--server", server, "--key", admin)).ExitCode);
    }

    [Theory]
    [InlineData(2, "There is no role 'root'", "create", "--role", "root")]
    [InlineData(2, "cannot name a tenant", "create", "--role", "admin", "--tenant", "A B")]
    [InlineData(2, "is no duration", "create", "--role", "admin", "--expires", "soon")]
    [InlineData(2, "is no duration", "create", "--role", "admin", "--expires", "90")]
    [InlineData(4, "There is no database", "list")]
    [InlineData(4, "There is no database", "revoke", "abcdefghijkl")]
    public async Task Key_SaysWhatIsWrong_WhenItIs(int exitCode, string part, params string[] args)
    {
        var output = await _run.OnData(["key", .. args]);
        Assert.Equal(exitCode, output.ExitCode);
        Assert.Contains(part, output.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_IsNotFound_WhenThereIsNone()
    {
        await _run.OnData("key", "create", "--role", "admin");
        var output = await _run.OnData("key", "revoke", "abcdefghijkl");
        Assert.Equal(4, output.ExitCode);
    }

    private static async Task<HttpStatusCode> Status(ServeRun serve, string? key)
    {
        using var client = serve.Client();
        if (key is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var answer = await client.GetAsync("/api/v1/keys");
        return answer.StatusCode;
    }
}
