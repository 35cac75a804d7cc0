using System.Net;
using Dispatcher.Kernel;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Keys;

/// <summary>Keys over REST, from the first one on.</summary>
public sealed class KeyEndpointsTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly LogLines _log = new();
    private TestService _service = null!;

    public async Task InitializeAsync() => _service = await Start();

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Server_NeedsKeys_FromTheFirstOneOn()
    {
        Assert.Contains(_log.All, line => line.Contains("No keys", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, await _service.Status(HttpMethod.Get, "/api/v1/keys"));

        var (id, admin) = await _service.MakeKey(by: null, "admin");

        Assert.Contains(_log.All, line => line.Contains("The first key was made", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.Unauthorized, await _service.Status(HttpMethod.Get, "/api/v1/keys"));
        var key = Assert.Single((await _service.Json(HttpMethod.Get, "/api/v1/keys", admin)).GetProperty("items").EnumerateArray());
        Assert.Equal((id, "default", "active"), (key.GetProperty("id").GetString(), key.GetProperty("tenant").GetString(), key.GetProperty("status").GetString()));
        Assert.False(key.TryGetProperty("key", out _));

        await _service.DisposeAsync();
        _service = await Start();
        Assert.Equal(HttpStatusCode.Unauthorized, await _service.Status(HttpMethod.Get, "/api/v1/keys"));
        Assert.Equal(HttpStatusCode.OK, await _service.Status(HttpMethod.Get, "/api/v1/keys", admin));
    }

    [Fact]
    public async Task Refusal_SaysWhatIsMissing_WhenTheKeyIsNotEnough()
    {
        var (_, admin) = await _service.MakeKey(by: null, "admin");
        var (_, viewer) = await _service.MakeKey(admin, "viewer", "worker");

        using var without = await _service.Send(HttpMethod.Get, "/api/v1/keys");
        Assert.Equal("unauthorized", (await ProblemBody.Read(without)).Code);
        Assert.Equal("Bearer realm=\"dispatcher\"", without.Headers.WwwAuthenticate.ToString());
        using var bad = await _service.Send(HttpMethod.Get, "/api/v1/keys", viewer[..^1] + "=");
        Assert.Equal((HttpStatusCode.Unauthorized, "unauthorized"), (bad.StatusCode, (await ProblemBody.Read(bad)).Code));
        Assert.Contains("invalid_token", bad.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        using var notEnough = await _service.Send(HttpMethod.Get, "/api/v1/keys", viewer);
        var problem = await ProblemBody.Read(notEnough);
        Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), (problem.Status, problem.Code));
        Assert.Contains("needs the role admin", problem.Detail, StringComparison.Ordinal);
        Assert.Contains("has viewer, worker", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_IsWorthNothingAtOnce_WhenItIsRevoked_AndItsLiveFeedsEnd()
    {
        var (_, admin) = await _service.MakeKey(by: null, "admin");
        var (id, viewer) = await _service.MakeKey(admin, "viewer");
        using var client = _service.Client();
        using var feed = await client.GetAsync($"/api/v1/probe/stream?access_token={viewer}", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, feed.StatusCode);
        var end = feed.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.NoContent, await _service.Status(HttpMethod.Delete, $"/api/v1/keys/{id}", admin));

        Assert.Equal("open", await end);
        Assert.Equal(HttpStatusCode.Unauthorized, await _service.Status(HttpMethod.Get, "/api/v1/probe/stream", viewer));
        Assert.Equal(HttpStatusCode.NoContent, await _service.Status(HttpMethod.Delete, $"/api/v1/keys/{id}", admin));
    }

    [Fact]
    public async Task Key_IsTakenFromTheAddress_OnlyByLiveFeeds()
    {
        var (_, admin) = await _service.MakeKey(by: null, "admin");
        Assert.Equal(HttpStatusCode.Unauthorized, await _service.Status(HttpMethod.Get, $"/api/v1/keys?access_token={admin}"));
    }

    [Fact]
    public async Task Key_StaysGoodForTheGrace_WhenItIsReplaced_AndCanBeRevokedInIt()
    {
        var (_, admin) = await _service.MakeKey(by: null, "admin");
        var (oldId, old) = await _service.MakeKey(admin, "operator");

        var successor = await _service.Json(HttpMethod.Post, $"/api/v1/keys/{oldId}/rotate", admin, expected: HttpStatusCode.Created);

        Assert.Equal(["operator"], successor.GetProperty("roles").EnumerateArray().Select(role => role.GetString()!));
        Assert.Equal(HttpStatusCode.Forbidden, await _service.Status(HttpMethod.Get, "/api/v1/keys", old));
        Assert.Equal(HttpStatusCode.Forbidden, await _service.Status(HttpMethod.Get, "/api/v1/keys", successor.GetProperty("key").GetString()));
        var shown = (await _service.Json(HttpMethod.Get, "/api/v1/keys", admin)).GetProperty("items").EnumerateArray().Single(key => key.GetProperty("id").GetString() == oldId);
        Assert.Equal("active", shown.GetProperty("status").GetString());
        Assert.InRange(shown.GetProperty("expires_at").GetDateTimeOffset() - shown.GetProperty("created_at").GetDateTimeOffset(), TimeSpan.FromHours(23.9), TimeSpan.FromHours(24.5));

        Assert.Equal(HttpStatusCode.NoContent, await _service.Status(HttpMethod.Delete, $"/api/v1/keys/{oldId}", admin));
        Assert.Equal(HttpStatusCode.Unauthorized, await _service.Status(HttpMethod.Get, "/api/v1/keys", old));
        Assert.Equal(HttpStatusCode.Conflict, await _service.Status(HttpMethod.Post, $"/api/v1/keys/{oldId}/rotate", admin));
    }

    [Fact]
    public async Task Key_EndsAtOnce_WhenItIsReplacedWithoutGrace()
    {
        var (_, admin) = await _service.MakeKey(by: null, "admin");
        var (id, old) = await _service.MakeKey(admin, "viewer");
        await _service.Json(HttpMethod.Post, $"/api/v1/keys/{id}/rotate", admin, new { grace_seconds = 0 }, HttpStatusCode.Created);
        Assert.Equal(HttpStatusCode.Unauthorized, await _service.Status(HttpMethod.Get, "/api/v1/probe/stream", old));
    }

    [Fact]
    public async Task Keys_OfOtherTenants_DoNotExist_ForAnAdmin()
    {
        var (_, admin) = await _service.MakeKey(by: null, "admin");
        var other = await MakeOther("other", "admin");

        Assert.Equal(HttpStatusCode.NotFound, await _service.Status(HttpMethod.Delete, $"/api/v1/keys/{other}", admin));
        Assert.Equal(HttpStatusCode.NotFound, await _service.Status(HttpMethod.Post, $"/api/v1/keys/{other}/rotate", admin));
        Assert.DoesNotContain(other, (await _service.Json(HttpMethod.Get, "/api/v1/keys", admin)).GetRawText(), StringComparison.Ordinal);
        using var answer = await _service.Send(HttpMethod.Post, "/api/v1/keys", admin, new { tenant = "other", roles = new[] { "viewer" } });
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task Operator_SeesAndMakesKeysOfAllTenants_OnItsOwnMachine()
    {
        await _service.MakeKey(by: null, "admin");
        var operatorKey = _service.Services.GetRequiredService<OperatorKey>().Text;

        var made = await _service.Json(HttpMethod.Post, "/api/v1/keys", operatorKey, new { tenant = "other", roles = new[] { "viewer" }, name = "CI" }, HttpStatusCode.Created);

        Assert.Equal(("other", "CI"), (made.GetProperty("tenant").GetString(), made.GetProperty("name").GetString()));
        Assert.Equal(2, (await _service.Json(HttpMethod.Get, "/api/v1/keys", operatorKey)).GetProperty("items").GetArrayLength());
        using var client = _service.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/keys") { Headers = { { "X-Api-Key", operatorKey }, { "X-Forwarded-For", "203.0.113.1" } } };
        using var proxied = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, proxied.StatusCode);
    }

    [Fact]
    public async Task Key_OfTheMachine_IsMadeByItsOperatorOnly_AndDoesNotExistInATenant()
    {
        var (_, admin) = await _service.MakeKey(by: null, "admin");
        using var refused = await _service.Send(HttpMethod.Post, "/api/v1/keys", admin, new { roles = new[] { "monitor" } });
        Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), (refused.StatusCode, (await ProblemBody.Read(refused)).Code));

        var (id, monitor) = await _service.MakeKey(_service.Services.GetRequiredService<OperatorKey>().Text, "monitor");

        Assert.Equal(HttpStatusCode.OK, await _service.Status(HttpMethod.Get, "/metrics", monitor));
        Assert.Equal(HttpStatusCode.Forbidden, await _service.Status(HttpMethod.Get, "/api/v1/stats", monitor));
        Assert.Equal(HttpStatusCode.Forbidden, await _service.Status(HttpMethod.Get, "/metrics", admin));
        Assert.Equal(HttpStatusCode.Unauthorized, await _service.Status(HttpMethod.Get, "/metrics"));
        Assert.Equal(HttpStatusCode.NotFound, await _service.Status(HttpMethod.Post, $"/api/v1/keys/{id}/rotate", admin));
        Assert.Equal(HttpStatusCode.NotFound, await _service.Status(HttpMethod.Delete, $"/api/v1/keys/{id}", admin));
        Assert.DoesNotContain(id, (await _service.Json(HttpMethod.Get, "/api/v1/keys", admin)).GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"roles":["monitor","viewer"]}""", "a key for each")]
    [InlineData("""{"roles":[]}""", "needs a role")]
    [InlineData("""{"roles":["root"]}""", "no role 'root'")]
    [InlineData("""{"roles":["admin"],"tenant":"No Way"}""", "cannot name a tenant")]
    [InlineData("""{"roles":["admin"],"expires_at":"2020-01-01T00:00:00Z"}""", "expired already")]
    [InlineData("""{"roles":["admin"],"name":"a\nb"}""", "printable")]
    public async Task Key_IsNotMade_WhenTheRequestIsWrong(string body, string part)
    {
        using var client = _service.Client();
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync("/api/v1/keys", content);
        var problem = await ProblemBody.Read(answer);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-key"), (problem.Status, problem.Code));
        Assert.Contains(part, problem.Detail, StringComparison.Ordinal);
    }

    private async Task<string> MakeOther(string tenant, string role)
    {
        var (id, text) = ApiKey.New(new IdGenerator(TimeProvider.System));
        await _service.Engine.Access.AddKey(new StoredKey(id, tenant, "", [role], ApiKey.HashOf(text), TimeProvider.System.GetUtcNow(), null, null));
        await _service.Services.GetRequiredService<KeyRing>().Load(_service.Engine.Access);
        return id;
    }

    private Task<TestService> Start() => TestService.Start(_directory.Path, services: _log.AddTo, map: app => app.MapGet("/api/v1/probe/stream", Stream).RequireRole(Role.Viewer));

    private static async Task Stream(HttpContext http)
    {
        await http.Response.WriteAsync("open", http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted);
    }
}
