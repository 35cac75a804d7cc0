using System.Net;
using Dispatcher.Web.Access;
using Dispatcher.Web.Limits;
using Dispatcher.Web.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Tests.Limits;

/// <summary>One tenant cannot take the service from the others.</summary>
public sealed class TenantLimitTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TaskCompletionSource _open = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Request_IsRefused_WhenTooManyAreUnderWay_AndStreamsCountApart()
    {
        await using var service = await Start(new TenantLimitOptions { Requests = 1, Streams = 1 });
        using var client = service.Client();
        var first = await Begin(client, "/api/v1/probe/wait");
        var stream = await Begin(client, "/api/v1/probe/poll");

        using var second = await client.GetAsync("/api/v1/probe/wait");
        using var secondStream = await client.GetAsync("/api/v1/probe/poll");

        foreach (var refused in new[] { second, secondStream })
        {
            var problem = await ProblemBody.Read(refused);
            Assert.Equal((HttpStatusCode.TooManyRequests, "too-many-requests"), (problem.Status, problem.Code));
            Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter!.Delta);
        }

        Assert.Equal(HttpStatusCode.OK, await service.Status(HttpMethod.Get, "/health/live"));
        _open.SetResult();
        Assert.Equal("done", await first.Content.ReadAsStringAsync());
        Assert.Equal("done", await stream.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, await service.Status(HttpMethod.Get, "/api/v1/probe/wait"));
    }

    [Fact]
    public async Task Request_IsRefused_WhenTheRateIsUsedUp()
    {
        await using var service = await Start(new TenantLimitOptions { RatePerSecond = 1, RateBurst = 3 });
        _open.SetResult();
        var statuses = new List<HttpStatusCode>();
        // Each second gives one back, and a slow machine makes a few more of them.
        do statuses.Add(await service.Status(HttpMethod.Get, "/api/v1/probe/wait"));
        while (statuses[^1] == HttpStatusCode.OK && statuses.Count < 1000);
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK], statuses[..3]);
        Assert.Equal(HttpStatusCode.TooManyRequests, statuses[^1]);
    }

    [Fact]
    public void Gate_FillsAgain_WhenTimePasses()
    {
        using var gate = new TenantGate(new TenantLimitOptions { RatePerSecond = 1_000_000, RateBurst = 1 });
        Assert.Equal(TenantGateAnswer.Entered, gate.Enter(isStream: false));
        while (gate.Enter(isStream: false) != TenantGateAnswer.Entered)
        {
            // A millionth of a second later there is one more.
        }
    }

    private Task<TestService> Start(TenantLimitOptions limits) => TestService.Start(
        _directory.Path,
        options => options.Web = options.Web with { TenantLimits = limits },
        map: app =>
        {
            app.MapGet("/api/v1/probe/wait", Wait).RequireRole(Role.Viewer);
            app.MapGet("/api/v1/probe/poll", Wait).RequireRole(Role.Viewer).CountAsStream();
        });

    private async Task Wait(HttpContext http)
    {
        await http.Response.Body.FlushAsync();
        await _open.Task;
        await http.Response.WriteAsync("done");
    }

    private static Task<HttpResponseMessage> Begin(HttpClient client, string path) => client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
}
